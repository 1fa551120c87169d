/** Orders by voice, or typed: shown first, and done only when they are confirmed. */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { HeardOrder, MediaDoor } from '../../contract/media';
import type { Act, HologramPatch } from '../../contract/room';
import { capture } from '../media/capture';
import { recordSpoken } from '../media/spoken';
import type { RoomClient } from '../room/room-client';
import { GATHERED_TOOLS } from '../stage/tools';
import type { Tool } from '../stage/tools';
import type { App } from './app';
import { canListen, listen } from './listening';
import { orderOf } from './orders';
import type { Order } from './orders';
import { WINDOWS } from './room-control';
import type { RoomControl, WindowName } from './room-control';
import type { RoomLead } from './room-lead';
import { toolsFor } from './room-order';
import type { RoomOrder } from './room-order';
import type { RoomVoice } from './room-voice';

export interface RoomOrders {
  /** Who writes an order down that is said: the service that the hospital named, else the browser. */
  readonly by: Accessor<'hospital' | 'browser' | undefined>;
  readonly state: Accessor<'idle' | 'listening' | 'writing'>;
  /** What was heard, or typed. */
  readonly heard: Accessor<string>;
  /** The order that was understood in it, to be confirmed. */
  readonly asked: Accessor<Order | undefined>;
  /** Why nothing was heard, in words. */
  readonly trouble: Accessor<string | undefined>;
  /** Finds out who writes down here; to be called where orders are offered. */
  prepare(): void;
  /** Begins to listen, or ends it. */
  hear(on: boolean): void;
  understand(words: string): void;
  carryOut(): void;
  drop(): void;
}

interface Room {
  readonly client: RoomClient;
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly lead: RoomLead;
  readonly voice: Pick<RoomVoice, 'chosen'>;
}

/** Takes orders of a room while the caller lives. */
export function createRoomOrders({ client, control, order, lead, voice }: Room, app: App): RoomOrders {
  const [ofHospital, setOfHospital] = createSignal<boolean>();
  const [state, setState] = createSignal<'idle' | 'listening' | 'writing'>('idle');
  const [heard, setHeard] = createSignal('');
  const [asked, setAsked] = createSignal<Order>();
  const [trouble, setTrouble] = createSignal<string>();
  const room = `/api/rooms/${encodeURIComponent(client.id)}`;
  let isAsking = false;
  /** Ends what is listened to now. */
  let stop = (): void => undefined;
  /** Counts up at each beginning: what comes of an earlier one is not taken any more. */
  let round = 0;
  onCleanup(() => {
    round++;
    stop();
  });

  /** Without images there are the tools that need none, where there is a place to use them. */
  const tools = (): readonly Tool[] =>
    control.hologram() ? toolsFor(order.own()) : lead.staged() ? GATHERED_TOOLS.filter((tool) => tool !== 'pen' || order.works()) : [];
  /** What can be done now. */
  function all(): readonly Order[] {
    const cuts = control.hologram() !== undefined && order.works();
    const leads = lead.staged() && order.works();
    const windows = cuts ? (Object.keys(WINDOWS) as WindowName[]) : [];
    return [
      ...tools().map((tool) => ({ id: `tool:${tool}`, words: app.t(`tool.${tool}`) })),
      ...windows.map((window) => ({ id: `window:${window}`, words: app.t(`window.${window}`) })),
      ...(order.own()?.standing === 'observer' ? [] : [{ id: 'undo', words: app.t('tool.undo') }]),
      ...(leads ? [{ id: 'lead', words: app.t('lead.begin') }, { id: 'gather', words: app.t('lead.gather') }] : []),
      { id: 'hand', words: app.t('order.raise') },
      ...(cuts ? [{ id: 'all', words: app.t('parts.all') }] : []),
    ];
  }

  function understand(words: string): void {
    const meant = orderOf(words, all());
    setTrouble(undefined);
    setHeard(words);
    setAsked(meant);
    app.announce(meant ? app.t('orders.confirm', { order: meant.words }) : app.t('orders.unknown', { words }));
  }

  function fail(words: string): void {
    setTrouble(words);
    app.announce(words);
  }

  function drop(): void {
    setAsked(undefined);
    setHeard('');
    setTrouble(undefined);
  }

  function begin(): void {
    drop();
    const mine = ++round;
    const isMine = (): boolean => mine === round;
    setState('listening');
    const end = (): void => void (isMine() && setState('idle'));
    if (ofHospital()) void record(isMine).catch((error: unknown) => isMine() && fail(app.explain(error))).finally(end);
    else stop = listen(app.language(), (words) => isMine() && understand(words), end);
  }

  /** Has the hospital's service write down one order. The room hears nothing of it but by an open microphone. */
  async function record(isMine: () => boolean): Promise<void> {
    let wanted = true;
    stop = () => (wanted = false);
    const device = voice.chosen('audioinput');
    const track = await capture('microphone', device === '' ? {} : { audioinput: device }).catch(() => undefined);
    if (!isMine() || !wanted) return track?.stop();
    if (!track) return fail(app.t('orders.noMicrophone'));
    const spoken = recordSpoken(track);
    ({ stop } = spoken);
    const sound = await spoken.sound;
    if (!isMine()) return;
    if (!sound) return fail(app.t('orders.silence'));
    setState('writing');
    const { self } = client.state;
    const { text } = await app.api.postBytes<HeardOrder>(`${room}/speech?participant=${self ?? 0}&language=${app.language()}&as=order`, sound);
    if (!isMine()) return;
    if (text === '') fail(app.t('orders.nothing'));
    else understand(text);
  }

  function carryOut(): void {
    const meant = asked();
    if (!meant) return;
    // What could be done when it was said may be possible no more.
    if (!all().some(({ id }) => id === meant.id)) return understand(heard());
    drop();
    void isDone(meant).then((done) => done && app.announce(app.t('orders.done', { order: meant.words })));
  }

  /** Does it, and waits for what came of it; a refusal is said by the room's news. */
  async function isDone({ id }: Order): Promise<boolean> {
    const [kind, name] = id.split(':');
    if (kind === 'window') return ask(changed({ window: WINDOWS[name as WindowName] }));
    if (kind === 'undo') return ask({ act: 'undo' });
    if (kind === 'lead') return lead.lead(true);
    if (kind === 'gather') return lead.gather();
    if (kind === 'hand') return ask({ act: 'raise-hand' });
    if (kind === 'all') return ask(changed({ within: null, only: null, crop: null, apart: 0 }));
    control.chooseTool(name as Tool);
    return true;
  }

  function changed(what: HologramPatch): Act | undefined {
    const there = control.hologram();
    return there && { act: 'set', id: there.id, patch: { type: 'hologram', ...what } };
  }

  async function ask(act: Act | undefined): Promise<boolean> {
    if (!act) return false;
    return order.ask(act).then(
      () => true,
      () => false,
    );
  }

  return {
    by: () => (ofHospital() ? 'hospital' : canListen() ? 'browser' : undefined),
    state,
    heard,
    asked,
    trouble,
    prepare() {
      if (isAsking || ofHospital() !== undefined) return;
      isAsking = true;
      app.api.get<MediaDoor>(`${room}/media`).then(
        ({ speech }) => setOfHospital(speech),
        () => (isAsking = false),
      );
    },
    hear(on) {
      if (on && state() === 'idle') begin();
      else if (!on && state() === 'listening') stop();
    },
    understand,
    carryOut,
    drop,
  };
}
