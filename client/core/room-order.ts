/** Order in a room as its page sees it: who waits, who one is here, and what one may do about it. */
import { createMemo, createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Act, Knocking, Locked, Ordered, Participant, Sanction as Given, Showing, Standing } from '../../contract/room';
import type { RoomClient } from '../room/room-client';
import { TOOLS } from '../stage/tools';
import type { Tool } from '../stage/tools';
import type { App } from './app';
import { momentOf } from './dates';

export interface RoomOrder {
  /** Who waits at the door. */
  readonly waiting: Accessor<readonly Knocking[]>;
  /** The sanctions that stand, and those that somebody still speaks against. */
  readonly sanctions: Accessor<readonly Given[]>;
  /** Whoever looks at the page, as others see them. */
  readonly own: Accessor<Participant | undefined>;
  /** Whether one lets people in and keeps order. */
  readonly keeps: Accessor<boolean>;
  /** Whether one works with what stands here. */
  readonly works: Accessor<boolean>;
  /** Asks the room for it; a refusal is said by the room's news. */
  act(act: Act): void;
  /** Asks for it, and hears what came of it. */
  ask(act: Act): Promise<unknown>;
}

export const STANDINGS = ['host', 'supervisor', 'speaker', 'patient', 'observer'] as const satisfies readonly Standing[];
export const SANCTIONS = ['warn', 'mute', 'put-out', 'block'] as const;
export type Sanction = (typeof SANCTIONS)[number];

/** What somebody can be here: a patient is a patient or watches, and nobody else is one; a relative or carer watches. */
export function standingsFor({ role }: Pick<Participant, 'role'>): readonly Standing[] {
  if (role === 'related-person') return ['observer'];
  return STANDINGS.filter((one) => one === 'observer' || (one === 'patient') === (role === 'patient'));
}

/** What can be ended of what somebody shows. */
export const ENDINGS = { 'end-camera': 'camera', 'end-screen': 'screen' } as const satisfies Readonly<Record<string, Showing>>;
export type Ending = keyof typeof ENDINGS;
export const ENDING_ACTS = ['end-camera', 'end-screen'] as const satisfies readonly Ending[];

/** The act by which something is done about somebody with a reason. */
export function reasoned(what: Sanction | Ending, participant: number, reason: string): Act {
  if (what === 'end-camera' || what === 'end-screen') return { act: 'end-showing', participant, what: ENDINGS[what], reason };
  return { act: what, participant, reason };
}

/** Whoever of those inside can be the companion of one who is let in. */
export function companionsIn(people: readonly Participant[]): readonly Participant[] {
  return people.filter(({ may_accompany, away }) => may_accompany && !away);
}

/** Who is meant: the one who was chosen while they are here, else the first. */
export function companionOf(companions: readonly Pick<Participant, 'id'>[], chosen: number | undefined): number | undefined {
  return (companions.find(({ id }) => id === chosen) ?? companions[0])?.id;
}

type Own = Pick<Participant, 'actor' | 'standing' | 'may_act'> | undefined;
const OF_PATIENTS: ReadonlySet<string> = new Set(['annotation', 'landmark']);

/** What is on no images: the host takes it away too, whose ever it is. */
const CLEARED: ReadonlySet<string> = new Set(['ink', 'board-note', 'line', 'page']);

/**
 * Whether one may take something away: one's own, unless what it is on is locked with its marks; patients what they may make.
 * The host takes away what anybody put on a board or into the air, and pages.
 */
export function mayTakeAway(own: Own, { by, entity }: { readonly by: string; readonly entity: { readonly type: string } }, on: Pick<Locked, 'marks'> | undefined): boolean {
  const makes = own?.may_act === true || (own?.standing === 'patient' && OF_PATIENTS.has(entity.type));
  const clears = own?.standing === 'host' && CLEARED.has(entity.type);
  return makes && (clears || own?.actor === by) && on?.marks !== true;
}

/** Whether one may take a board away, with all that is on it. */
export function mayTakeBoardAway(own: Own, marks: readonly { readonly by: string }[]): boolean {
  return own?.may_act === true && (own.standing === 'host' || marks.every(({ by }) => by === own.actor));
}

/** The tools that are of use to somebody here: all who come may look and point, patients say where something is. */
export function toolsFor(own: Own): readonly Tool[] {
  if (own?.may_act) return TOOLS;
  return own?.standing === 'patient' ? ['turn', 'point', 'annotate', 'landmark'] : ['turn', 'point'];
}

/** Whether somebody waits for an answer to what they say against a sanction. */
export function isOpen({ appeal, over }: Given): boolean {
  return appeal !== null && appeal.answer === null && over === null;
}

/** Whom a block keeps out, whether they stand at the door or not. */
export function blocks(all: readonly Given[]): readonly Given[] {
  return all.filter(({ grade }) => grade === 'blocked');
}

/** What somebody who is outside says against it. */
export function pleaOf(all: readonly Given[], actor: string): string | undefined {
  return all.find((one) => one.actor === actor && (one.grade === 'blocked' || one.grade === 'put-out'))?.appeal?.reason;
}

/** Follows a room while the caller lives. */
export function createRoomOrder(client: RoomClient): RoomOrder {
  const [state, setState] = createSignal(client.state);
  onCleanup(client.on('change', setState));
  const own = createMemo(() => {
    const { self, participants } = state();
    return self === undefined ? undefined : participants.get(self);
  });
  const keeps = (): boolean => ['host', 'supervisor'].includes(own()?.standing ?? '');
  const works = (): boolean => own()?.may_act ?? false;
  const act = (what: Act): void => void client.act(what).catch(() => undefined);
  return { waiting: () => state().waiting, sanctions: () => state().sanctions, own, keeps, works, act, ask: (what) => client.act(what) };
}

const AGAINST: ReadonlySet<string> = new Set(['appealed', 'appeal-granted', 'appeal-refused'] satisfies Ordered['did'][]);

/** What was done to keep order, in words. */
export function orderedWords({ name, ...what }: Ordered, by: string, app: Pick<App, 't' | 'language'>): string {
  const params = { by, name, reason: '', until: '', standing: '', what: '', grade: '', decider: '' };
  if ('reason' in what) params.reason = what.reason;
  if ('until' in what) params.until = momentOf(what.until, app.language());
  if ('standing' in what) params.standing = app.t(`order.standing.${what.standing}`);
  if ('what' in what) params.what = app.t(`order.what.${what.what}`);
  if ('decider' in what) params.decider = what.decider;
  // In older journals only what kept somebody outside could be spoken against.
  if (AGAINST.has(what.did)) params.grade = app.t(`order.grade.${'against' in what ? (what.against ?? 'blocked') : 'blocked'}`);
  return app.t(`order.said.${what.did}`, params);
}

/** Who came to the door between two looks at it. */
export function knocked(before: readonly Knocking[], now: readonly Knocking[]): Knocking[] {
  return now.filter(({ id }) => !before.some((one) => one.id === id));
}

/**
 * The numbers of a list's members, the same list while they are the same: rows made by them stay, with the focus and
 * what is being typed in them, when something about somebody changes.
 */
export function idsOf(list: Accessor<readonly { readonly id: number }[]>): Accessor<readonly number[]> {
  return createMemo<readonly number[]>(() => list().map(({ id }) => id), [], {
    equals: (a, b) => a.length === b.length && a.every((id, at) => id === b[at]),
  });
}

export interface Hands {
  readonly up: Participant[];
  readonly down: Participant[];
  /** Who was given the word, and whose it is no more. */
  readonly word: Participant[];
  readonly wordBack: Participant[];
  /** Who has become the host. */
  readonly host: Participant | undefined;
}

/** Whose hand went up or down between two lists of the people in a room, and who is the host now. */
export function handsBetween(before: readonly Participant[], now: readonly Participant[]): Hands {
  const was = (id: number): Participant | undefined => before.find((one) => one.id === id);
  const speaks = (one: Participant | undefined): boolean => one?.has_word ?? false;
  const isUp = (one: Participant | undefined): boolean => (one?.hand_since ?? null) !== null;
  const hostOf = (list: readonly Participant[]): Participant | undefined => list.find(({ standing }) => standing === 'host');
  const host = hostOf(now);
  return {
    up: now.filter((one) => isUp(one) && !isUp(was(one.id))),
    // Who was given the word has put the hand down by that.
    down: now.filter((one) => !isUp(one) && isUp(was(one.id)) && !speaks(one)),
    word: now.filter((one) => speaks(one) && !speaks(was(one.id))),
    wordBack: now.filter((one) => !speaks(one) && speaks(was(one.id))),
    host: host && hostOf(before)?.actor !== host.actor ? host : undefined,
  };
}
