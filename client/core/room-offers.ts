/** What can be ordered in a room now, each with how it is done: what its buttons offer, as orders. */
import type { Accessor } from 'solid-js';
import type { Act as WireAct } from '../../contract/room';
import type { Act, Board, Locked, Page } from '../stage/room-view';
import { GATHERED_TOOLS } from '../stage/tools';
import type { Tool } from '../stage/tools';
import type { App } from './app';
import { CUTS, boxOf, cutAt } from './hologram-cuts';
import { patientPath } from './hospital';
import { inLanguage } from './language';
import type { Order } from './orders';
import { WINDOWS } from './room-control';
import type { HologramChange, RoomControl, WindowName } from './room-control';
import type { RoomLead } from './room-lead';
import { toolsFor } from './room-order';
import type { RoomOrder } from './room-order';
import type { RoomVoice } from './room-voice';
import { movedBy, newBoard, newPage } from './room-standing';
import type { VolumeManifest } from './volume/manifest';

export interface Offer extends Order {
  /** Does it, and waits for what came of it; a refusal is said by the room's news. */
  carryOut(): Promise<boolean>;
}

/** What whoever wears a headset does there, in the place of the page. */
export interface OrderedInside {
  picture(): void;
  /** Puts the headset aside. */
  exit(): void;
}

/** The room as orders change it. */
export interface OrderedRoom {
  readonly control: RoomControl;
  readonly order: RoomOrder;
  readonly lead: RoomLead;
  readonly voice: Pick<RoomVoice, 'state' | 'join' | 'on' | 'kept' | 'turn' | 'writesDown' | 'dictates' | 'dictate'>;
  readonly patient: string | null;
  readonly manifest: Accessor<VolumeManifest | undefined>;
  /** Takes a picture of the stage, to be looked at before it is kept; undefined where none is drawn. */
  readonly picture: Accessor<(() => void) | undefined>;
  /** While a headset is worn. */
  readonly inside: Accessor<OrderedInside | undefined>;
  /** Goes to the page from which one came. */
  leave(): void;
  /** The series that can stand here, in their order. */
  readonly series: Accessor<readonly string[]>;
  /** Takes one of them from the shelf. */
  take(series: string): Promise<boolean>;
}

type Standing = NonNullable<ReturnType<RoomControl['hologram']>>;
const MOVES = ['larger', 'smaller', 'turn-left', 'turn-right'] as const;

export function offersIn(room: OrderedRoom, app: Pick<App, 't' | 'language'>): readonly Offer[] {
  const { control, order, lead } = room;
  const images = order.works() ? control.hologram() : undefined;
  const ask = (act: Act | { readonly act: 'raise-hand' | 'lower-hand' }): Promise<boolean> => order.ask(act as WireAct).then(
    () => true,
    () => false,
  );
  const choose = (tool: Tool): Promise<boolean> => (control.chooseTool(tool), Promise.resolve(true));
  return [
    ...tools(room).map((tool) => offer(`tool:${tool}`, app.t(`tool.${tool}`), () => choose(tool))),
    ...(order.own()?.standing === 'observer' ? [] : [offer('undo', app.t('tool.undo'), () => ask({ act: 'undo' }))]),
    (order.own()?.hand_since ?? null) === null ? offer('hand', app.t('order.raise'), () => ask({ act: 'raise-hand' })) : offer('lower-hand', app.t('order.lower'), () => ask({ act: 'lower-hand' })),
    ...onVoice(room, app),
    ...onView(lead, order.works(), app),
    ...(images ? [...onImages(images, room, app, ask), ...onParts(images, room, app, ask)] : []),
    ...onRoom(room, app, ask),
    ...onLeaving(room, app),
  ];
}

function offer(id: string, words: string, carryOut: () => Promise<boolean>): Offer {
  return { id, words, carryOut };
}

/** Without images there are the tools that need none, where there is a place to use them. */
function tools({ control, order }: OrderedRoom): readonly Tool[] {
  if (control.hologram()) return toolsFor(order.own());
  return control.isDrawn() ? GATHERED_TOOLS.filter((tool) => tool !== 'pen' || order.works()) : [];
}

/** One's own voice, and captions of it where a service writes it down. */
function onVoice({ voice }: OrderedRoom, { t }: Pick<App, 't'>): Offer[] {
  if (voice.state() === 'out') return [offer('join-voice', t('voice.join'), () => voice.join().then(() => voice.state() === 'in'))];
  if (voice.state() !== 'in') return [];
  const [isOpen, dictates] = [voice.on('microphone'), voice.dictates()];
  const turn = (on: boolean): Promise<boolean> => voice.turn('microphone', on).then(() => voice.on('microphone') === on);
  const dictate = (on: boolean): Promise<boolean> => (voice.dictate(on), Promise.resolve(true));
  return [
    ...(isOpen ? [offer('microphone:off', t('orders.microphoneOff'), () => turn(false))] : []),
    ...(!isOpen && voice.kept('microphone') === undefined ? [offer('microphone:on', t('orders.microphoneOn'), () => turn(true))] : []),
    ...(voice.writesDown() ? [offer(dictates ? 'captions:off' : 'captions:on', t(dictates ? 'orders.captionsOff' : 'orders.captionsOn'), () => dictate(!dictates))] : []),
  ];
}

/** Out of the room, and before that out of the headset. */
function onLeaving({ inside, leave }: OrderedRoom, { t }: Pick<App, 't'>): Offer[] {
  const worn = inside();
  return [
    ...(worn ? [offer('leave-headset', t('room.leaveXr'), () => (worn.exit(), Promise.resolve(true)))] : []),
    offer('leave-room', t('orders.leave'), () => (leave(), Promise.resolve(true))),
  ];
}

/** Showing the way, and following who shows it. */
function onView(lead: RoomLead, works: boolean, { t }: Pick<App, 't'>): Offer[] {
  const follow = (follows: boolean): Promise<boolean> => (lead.follow(follows), Promise.resolve(true));
  const followed = lead.leader() && !lead.isOwn();
  return [
    ...(works && lead.staged() && !lead.isOwn() ? [offer('lead', t('lead.begin'), () => lead.lead(true))] : []),
    ...(lead.isOwn() ? [offer('end-lead', t('lead.end'), () => lead.lead(false))] : []),
    ...(works && lead.staged() ? [offer('gather', t('lead.gather'), () => lead.gather())] : []),
    ...(followed ? [lead.follows() ? offer('leave', t('lead.leave'), () => follow(false)) : offer('follow', t('lead.follow'), () => follow(true))] : []),
  ];
}

type Ask = (act: Act) => Promise<boolean>;

/** How the images are seen, cut and moved, for everybody. */
function onImages({ id, state }: Standing, { control, order, manifest }: OrderedRoom, { t }: Pick<App, 't'>, ask: Ask): Offer[] {
  const change = (what: HologramChange): Promise<boolean> => ask({ act: 'set', id, patch: { type: 'hologram', ...what } });
  const [locked, grid] = [control.locked(id), manifest()];
  const moves = locked ? [] : MOVES.map((move) => ({ move, to: movedBy(state.transform, move) }));
  // Beyond the largest and the smallest that buttons make it, it is made neither larger nor smaller.
  const grows = { larger: 1, smaller: -1, 'turn-left': 0, 'turn-right': 0 } as const;
  return [
    ...(Object.keys(WINDOWS) as WindowName[]).map((window) => offer(`window:${window}`, t(`window.${window}`), () => change({ window: WINDOWS[window] }))),
    ...CUTS.map((cut) => offer(`cut:${cut}`, t('orders.cut', { plane: t(`slice.${cut}`) }), () => change({ clip: cutAt(cut, state.cursor_lps_mm) }))),
    ...(state.clip ? [offer('cut:none', t('orders.uncut'), () => change({ clip: null }))] : []),
    ...(!state.crop && grid ? [offer('crop:on', t('crop.on'), () => change({ crop: boxOf(grid) }))] : []),
    ...(state.crop ? [offer('crop:off', t('orders.uncrop'), () => change({ crop: null }))] : []),
    ...moves.filter(({ move, to }) => Math.sign(to.scale - state.transform.scale) === grows[move]).map(({ move, to }) => offer(move, t(`inside.move.${move}`), () => change({ transform: to }))),
    ...(locked ? [] : [offer('lock', t('lock.lock'), () => ask({ act: 'lock', id, marks: false }))]),
    ...(locked && mayUnlock(order, locked) ? [offer('unlock', t('lock.unlock'), () => ask({ act: 'unlock', id }))] : []),
    offer('all', t('parts.all'), () => change({ within: null, only: null, crop: null, apart: 0 })),
  ];
}

function mayUnlock(order: RoomOrder, { by }: Locked): boolean {
  return order.keeps() || by === order.own()?.actor;
}

/** Each structure by its name, and all of them apart. */
function onParts({ id, state }: Standing, { control, manifest }: OrderedRoom, { t, language }: Pick<App, 't' | 'language'>, ask: Ask): Offer[] {
  const change = (what: HologramChange): Promise<boolean> => ask({ act: 'set', id, patch: { type: 'hologram', ...what } });
  const surfaces = manifest()?.surfaces ?? [];
  const apart = state.apart ?? 0;
  const measure = (layer: string): Promise<boolean> => ask({ act: 'add', entity: { type: 'measure', hologram: id, kind: 'volume', points_lps_mm: [], layer } });
  return [
    ...surfaces.flatMap(({ name, label }) => {
      const part = inLanguage(label, language());
      return [
        ...(state.only === name ? [] : [offer(`only:${name}`, t('orders.only', { part }), () => change({ only: name }))]),
        ...(state.within === name ? [] : [offer(`within:${name}`, t('orders.within', { part }), () => change({ within: name }))]),
        ...(control.locked(id)?.marks ? [] : [offer(`volume:${name}`, t('orders.volume', { part }), () => measure(name))]),
      ];
    }),
    ...(surfaces.length > 0 && apart < 1 ? [offer('apart', t('parts.apart'), () => change({ apart: 1 }))] : []),
    ...(apart > 0 ? [offer('together', t('orders.together'), () => change({ apart: 0 }))] : []),
  ];
}

/** What comes to stand in the room, and the picture of it. */
function onRoom({ control, order, patient, picture, series, take }: OrderedRoom, { t }: Pick<App, 't'>, ask: Ask): Offer[] {
  if (!order.works()) return [];
  const put = (entity: Board | Page): Promise<boolean> => ask({ act: 'add', entity });
  const [board, page, snap, there] = [newBoard(control), patient === null ? undefined : newPage(control, patientPath(patient)), picture(), control.hologram()];
  const at = there && !control.locked(there.id) ? series().indexOf(there.state.series) : -1;
  const [next, previous] = at < 0 ? [] : [series()[at + 1], series()[at - 1]];
  return [
    ...(snap ? [offer('picture', t('snap.take'), () => (snap(), Promise.resolve(true)))] : []),
    ...(board ? [offer('board', t('board.put'), () => put(board))] : []),
    ...(page ? [offer('page', t('inside.thing.page'), () => put(page))] : []),
    ...(next === undefined ? [] : [offer('next', t('orders.next'), () => take(next))]),
    ...(previous === undefined ? [] : [offer('previous', t('orders.previous'), () => take(previous))]),
  ];
}
