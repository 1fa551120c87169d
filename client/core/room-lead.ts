/** Showing the others the way: their screens look from where one looks, until one ends it or they leave off. */
import { createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Act, Leading, View as WireView } from '../../contract/room';
import type { RoomClient } from '../room/room-client';
import type { View } from '../stage/camera-rig';
import type { Space } from '../stage/space';
import type { App } from './app';

export interface RoomLead {
  /** Who shows the way, oneself included. */
  readonly leader: Accessor<{ readonly participant: number; readonly name: string } | undefined>;
  readonly isOwn: Accessor<boolean>;
  /** Whether there is a view to show. */
  readonly staged: Accessor<boolean>;
  /** Whether one's own screen goes where the leader looks. */
  readonly follows: Accessor<boolean>;
  follow(follows: boolean): void;
  /** Begins to show the way, or ends it; `true` once that is done. A refusal is said by the room's news. */
  lead(leads: boolean): Promise<boolean>;
  /** Brings everybody to one's own view, once. */
  gather(): Promise<boolean>;
}

/** A view is told this often while it moves; others glide from one to the next. */
const TOLD_EVERY_MS = 120;

/** What whoever has no stage shows: what is there, from the front, as they have slices of it, or all who sit around the table. */
export function fromTheFront(images: boolean): Pick<Space, 'look' | 'ownView'> {
  // Slices look from nowhere, and where they meet is everybody's anyway.
  return { look: () => undefined, ownView: images ? { yaw: 0, pitch: 0.12, distance_m: 1.75 } : { yaw: 0, pitch: 0.16, distance_m: 2.9 } };
}

/** What whoever has no stage shows, the same one until images come or go. */
export function createFront(isFlat: Accessor<boolean>, hologram: Accessor<unknown>): Accessor<ReturnType<typeof fromTheFront> | undefined> {
  const images = createMemo(() => hologram() !== undefined);
  return createMemo(() => (isFlat() ? fromTheFront(images()) : undefined));
}

export function wireOf({ yaw, pitch, distance_m }: View): WireView {
  return { yaw_rad: yaw, pitch_rad: pitch, distance_m };
}

export function viewOf({ yaw_rad, pitch_rad, distance_m }: WireView, from: View): View {
  // The shorter way round: nobody is spun about the table.
  const turns = Math.round((from.yaw - yaw_rad) / (2 * Math.PI));
  return { yaw: yaw_rad + turns * 2 * Math.PI, pitch: pitch_rad, distance_m };
}

/** Whether two views look the same; a hair's breadth is not worth an act. */
export function isSame(a: WireView, b: WireView): boolean {
  return Math.abs(a.yaw_rad - b.yaw_rad) < 1e-3 && Math.abs(a.pitch_rad - b.pitch_rad) < 1e-3 && Math.abs(a.distance_m - b.distance_m) < 1e-3;
}

/** Follows a room while the caller lives. */
export function createRoomLead(client: RoomClient, stage: Accessor<Pick<Space, 'look' | 'ownView'> | undefined>, app: Pick<App, 't' | 'announce' | 'toast'>): RoomLead {
  const [state, setState] = createSignal(client.state);
  const [follows, setFollows] = createSignal(true);
  let told: WireView | undefined;
  onCleanup(client.on('change', setState));
  const leading = createMemo((): Leading | undefined => state().leading);
  const nameOf = (participant: number): string => state().participants.get(participant)?.name ?? '';
  const participant = createMemo(() => leading()?.participant);
  const leader = createMemo(() => {
    const id = participant();
    return id === undefined ? undefined : { participant: id, name: nameOf(id) };
  });
  const isOwn = (): boolean => participant() !== undefined && participant() === state().self;
  const act = (what: Act): Promise<boolean> => client.act(what).then(
    () => true,
    () => false,
  );
  const go = (view: WireView, once: boolean): void => {
    const shown = stage();
    shown?.look(viewOf(view, shown.ownView), once);
  };

  createEffect(() => {
    const now = leading();
    if (now && !isOwn() && follows()) go(now.view, false);
  });
  createEffect(
    on(participant, (now, before) => {
      if (now === before) return;
      if (now !== undefined) setFollows(true);
      if (now !== undefined && now !== state().self) {
        const name = nameOf(now);
        app.toast(() => app.t('lead.said.leads', { name }));
      } else if (now === undefined && before !== undefined && before !== state().self) app.toast(() => app.t('lead.said.ended'));
    }, { defer: true }),
  );
  onCleanup(
    client.on('gather', ({ participant: by, view }) => {
      if (by === state().self) return;
      go(view, true);
      const name = nameOf(by);
      app.toast(() => app.t('lead.said.gathered', { name }));
    }),
  );
  // The way of whoever leads is told while it changes.
  createEffect(() => {
    const shown = stage();
    if (!shown || !isOwn()) return;
    const timer = setInterval(() => {
      // Without a line views would pile up, and nobody needs but the latest.
      if (client.state.status !== 'open') return;
      const view = wireOf(shown.ownView);
      if (told && isSame(told, view)) return;
      told = view;
      void act({ act: 'lead', view });
    }, TOLD_EVERY_MS);
    onCleanup(() => clearInterval(timer));
  });

  return {
    leader,
    isOwn,
    staged: () => stage() !== undefined,
    follows,
    follow: setFollows,
    async lead(leads) {
      const shown = stage();
      if (leads && !shown) return false;
      told = leads && shown ? wireOf(shown.ownView) : undefined;
      return act({ act: 'lead', view: told ?? null });
    },
    async gather() {
      const shown = stage();
      const isDone = shown !== undefined && (await act({ act: 'gather', view: wireOf(shown.ownView) }));
      if (isDone) app.announce(app.t('lead.said.done'));
      return isDone;
    },
  };
}
