/** What happens in a room, said to those who listen to the page and kept as a short list. */
import { createEffect, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Entity, Event, Knocking, Participant } from '../../contract/room';
import type { PosesBy } from '../room/pose-way';
import type { RoomClient, Status } from '../room/room-client';
import { measureWords } from '../stage/measure-words';
import type { App } from './app';
import { inLanguage, listIn } from './language';
import { pageWords } from './own-pages';
import type { RoomControl } from './room-control';
import { handsBetween, knocked, orderedWords } from './room-order';
import type { RoomOrder } from './room-order';
import { recordingWords } from './room-recording';

/** What happened, in words of whichever language is chosen when they are read. */
export type Told = () => string;

export interface RoomNews {
  readonly status: Accessor<Status>;
  /** By which way one's own movements go. */
  readonly posesBy: Accessor<PosesBy>;
  /** The latest first. */
  readonly log: Accessor<readonly Told[]>;
}

const KEPT = 30;
/** How often one looks by which way movements go. */
const LOOK_ms = 1_000;
/** Whose acts are nobody's: it furnishes rooms, and ends stays. */
const HOSPITAL = 'hospital';

/** Who came and who left between two lists of the people in a room. */
export function comings(
  before: readonly Participant[],
  now: readonly Participant[],
): { readonly came: Participant[]; readonly left: Participant[] } {
  const there = (list: readonly Participant[], id: number): boolean => list.some((one) => one.id === id);
  return {
    came: now.filter(({ id }) => !there(before, id)),
    left: before.filter(({ id }) => !there(now, id)),
  };
}

/** What an act of somebody else has placed, in words; nothing for what only changes the view. */
export function placedWords(event: Event, name: string, t: App['t']): string | undefined {
  if (event.pictured) return t('people.picture', { name, title: event.pictured.title });
  if (event.place) return t('people.place', { name, place: t(`room.${event.place}`) });
  if (event.act === 'lock' || event.act === 'unlock') return t(`people.${event.act}`, { name });
  if (isTaken(event)) return t('people.placed.taken', { name });
  if (event.act !== 'add') return undefined;
  for (const { placed } of event.changes) {
    const entity = placed?.entity;
    if (entity?.type === 'measure') return t('people.placed.measure', { name, value: measureWords(entity) });
    if (entity?.type === 'nodule') return t('people.placed.nodule', { name });
    if (entity?.type === 'hologram') return event.actor === HOSPITAL ? t('people.placed.images') : t('people.placed.taken', { name });
    if (entity?.type === 'board') return t('people.placed.board', { name });
    if (entity?.type === 'page') return t('people.placed.page', { name, page: pageWords(entity, t) });
    if (entity?.type === 'ink') return t('people.placed.ink', { name });
    if (entity?.type === 'board-note') return t('people.placed.boardNote', { name, text: entity.text });
    if (entity?.type === 'landmark') return t('people.placed.landmark', { name, text: entity.name });
    if (entity?.type === 'line') return t('people.placed.line', { name });
    if (entity?.type === 'stroke') return t('people.placed.stroke', { name });
    if (entity?.type === 'annotation') return t('people.placed.annotation', { name, text: entity.text });
  }
  return undefined;
}

/** Whether other images took the place of those that stood there, which lay on the shelf already. */
function isTaken({ act, changes }: Event): boolean {
  const holograms = changes.flatMap(({ placed }) => (placed?.entity.type === 'hologram' ? [placed.entity] : []));
  return act === 'set' && [true, false].every((lies) => holograms.some(({ shelved }) => (shelved ?? false) === lies));
}

type Kind = Entity['type'];

/** What an act has taken away or back, in words; `kindOf` says what stood there before. */
export function undoneWords({ act, changes }: Event, name: string, t: App['t'], kindOf: (id: number) => Kind | undefined): string | undefined {
  if (act !== 'remove' && act !== 'undo') return undefined;
  // A board goes after the marks on it.
  const last = changes.at(-1);
  const kind = last && (last.placed?.entity.type ?? kindOf(last.id));
  // Where the nodule was asked for is taken away by whoever keeps it, which is said.
  if (act === 'remove' && kind === 'nodule') return undefined;
  return kind === undefined ? t(`replay.act.${act}`, { name }) : t(`replay.act.${act}.what`, { name, what: t(`replay.what.${kind}`) });
}

/** What an event of a room has to tell; nothing for what only changes the view. */
function toldOf(event: Event, by: string, app: App, kindOf: (id: number) => Kind | undefined): Told | undefined {
  const { order, recording } = event;
  if (order) return () => orderedWords(order, by, app);
  if (recording) return () => recordingWords(recording, by, app.t);
  const words = (): string | undefined => placedWords(event, by, app.t) ?? undoneWords(event, by, app.t, kindOf);
  return words() === undefined ? undefined : () => words() ?? '';
}

/** Follows a room while the caller lives. */
export function createRoomNews(client: RoomClient, control: RoomControl, order: RoomOrder, app: App): RoomNews {
  const [status, setStatus] = createSignal<Status>(client.state.status);
  const [posesBy, setPosesBy] = createSignal<PosesBy>(client.posesBy);
  const [log, setLog] = createSignal<Told[]>([]);
  /** What is shown too says itself. */
  const say = (words: Told, isShown = false): void => {
    setLog((all) => [words, ...all].slice(0, KEPT));
    if (isShown) app.toast(words);
    else app.announce(words());
  };

  // What is taken away is gone when one hears of it; numbers are never used again.
  const kinds = new Map<number, Kind>([...client.state.entities].map(([id, { entity }]) => [id, entity.type]));

  // Whoever comes in by ear hears where they are, and who is there.
  const { self, participants } = client.state;
  const others = [...participants.values()].filter(({ id }) => id !== self).map(({ name }) => name);
  app.announce(others.length > 0 ? app.t('people.inside', { names: listIn(others, app.language()) }) : app.t('people.insideAlone'));

  onCleanup(client.on('status', setStatus));
  // What carries them falls silent without a word.
  const looking = setInterval(() => setPosesBy(client.posesBy), LOOK_ms);
  onCleanup(() => clearInterval(looking));
  onCleanup(
    client.on('refused', ({ text }) => say(() => app.t('people.refused', { reason: inLanguage(text, app.language()) }), true)),
  );
  // Why the line is made anew, where the server says it.
  onCleanup(
    client.on('interrupted', ({ text }) => say(() => inLanguage(text, app.language()), true)),
  );
  onCleanup(
    client.on('event', (event) => {
      const actor = control.people().find((one) => one.actor === event.actor);
      const by = actor?.name ?? (event.actor === HOSPITAL ? app.t('people.hospital') : event.actor);
      for (const { id, placed } of event.changes) if (placed) kinds.set(id, placed.entity.type);
      const words = toldOf(event, by, app, (id) => kinds.get(id));
      if (words === undefined) return;
      // Nobody misses that a recording begins or ends; whom an order is about, and who keeps it, sees it wherever they look.
      say(words, event.order ? order.keeps() || event.order.whom === order.own()?.actor : event.recording !== undefined);
    }),
  );
  createEffect(
    on(control.people, (now, before: readonly Participant[] | undefined) => {
      // Whoever was there at one's own coming is no news.
      if (before && before.length > 0) {
        const { came, left } = comings(before, now);
        for (const { name } of came) say(() => app.t('people.came', { name }));
        for (const { name } of left) say(() => app.t('people.left', { name }));
        const { up, down, word, wordBack, host } = handsBetween(before, now);
        for (const { name } of up) say(() => app.t('order.said.hand', { name }));
        for (const { name } of down) say(() => app.t('order.said.handDown', { name }));
        for (const { id, name } of word) {
          const own = id === control.self();
          say(() => app.t(own ? 'order.said.ownWord' : 'order.said.word', { name }), own);
        }
        for (const { name } of wordBack) say(() => app.t('order.said.wordBack', { name }));
        if (host) say(() => app.t('order.said.host', { name: host.name }));
      }
      return now;
    }),
  );
  createEffect(
    on(order.waiting, (now, before: readonly Knocking[] | undefined) => {
      for (const { name } of knocked(before ?? [], now)) say(() => app.t('order.said.waits', { name }), order.keeps());
      return now;
    }),
  );
  return { status, posesBy, log };
}
