/** Keeping order inside a headset: whom the panel shows, and what its buttons do about them. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Knocking, Participant, Sanction as Given } from '../../../contract/room';
import type { App } from '../../core/app';
import { momentOf } from '../../core/dates';
import type { RoomControl } from '../../core/room-control';
import { ENDINGS, ENDING_ACTS, SANCTIONS, STANDINGS, blocks, isOpen, pleaOf, reasoned as actFor, standingsFor } from '../../core/room-order';
import type { RoomOrder } from '../../core/room-order';
import type { RoomVoice } from '../../core/room-voice';
import { REASONS } from './inside-people';
import type { KeepingInside, KeptInside, ObjectionInside, Page, Reasoned } from './inside-state';

/** Whoever waits comes first, then those inside, then whom a block keeps out, then those who have gone and wait for an answer. */
type Somebody = { readonly is: 'at-door'; readonly one: Knocking } | { readonly is: 'inside'; readonly one: Participant } | { readonly is: 'kept-out'; readonly one: Given } | { readonly is: 'gone'; readonly one: Given };

const SHOWN = Object.values(ENDINGS);

/** Tells one from the next, however the list changes. */
const keyOf = ({ is, one }: Somebody): string => `${is} ${is === 'kept-out' || is === 'gone' ? one.actor : one.id}`;

export interface Keeping {
  readonly state: Accessor<KeepingInside>;
  /** Who waits for one's answer to what they say against a sanction. */
  readonly objects: Accessor<string | undefined>;
  press(what: string): void;
  /** Lets in who has waited the longest. */
  admit(): void;
  /** Asks why they are not let in. */
  refuse(): void;
}

type Props = { readonly control: Pick<RoomControl, 'people'>; readonly order: RoomOrder; readonly voice: Pick<RoomVoice, 'voices'> };

/** Follows a room while the caller lives; `turn` shows a page of the panel. */
export function createKeeping(props: Props, app: Pick<App, 't' | 'language'>, turn: (page: Page) => void): Keeping {
  const [chosen, choose] = createSignal<string>();
  const [what, setWhat] = createSignal<Reasoned>();
  const all = (): readonly Somebody[] => {
    if (!props.order.keeps()) return [];
    const { waiting, sanctions, own } = props.order;
    const isAtDoor = (actor: string): boolean => waiting().some((one) => one.actor === actor);
    const isInside = (actor: string): boolean => props.control.people().some((one) => one.actor === actor);
    const kept = blocks(sanctions());
    const isSeen = (actor: string): boolean => isAtDoor(actor) || isInside(actor) || kept.some((one) => one.actor === actor);
    const gone = sanctions().filter((one, at, every) => isOpen(one) && !isSeen(one.actor) && every.findIndex((other) => isOpen(other) && other.actor === one.actor) === at);
    return [
      ...waiting().map((one) => ({ is: 'at-door', one }) as const),
      ...props.control.people().flatMap((one) => (one.actor === own()?.actor ? [] : [{ is: 'inside', one } as const])),
      ...kept.flatMap((one) => (isAtDoor(one.actor) ? [] : [{ is: 'kept-out', one } as const])),
      ...gone.map((one) => ({ is: 'gone', one }) as const),
    ];
  };
  /** Nobody takes the place of whoever it is about: who has left is gone. */
  const at = (): number => {
    const found = all().findIndex((one) => keyOf(one) === chosen());
    return found < 0 && what() === undefined ? 0 : found;
  };
  const current = (): Somebody | undefined => all()[at()];

  /** What somebody says against a sanction that one may decide on, else one that one has given oneself. */
  const objectionOf = (actor: string): ObjectionInside | undefined => {
    const own = props.order.own()?.actor;
    const open = props.order.sanctions().filter((one) => isOpen(one) && one.actor === actor);
    const one = open.find(({ by }) => by !== own) ?? open[0];
    return one && { grade: one.grade, reason: one.reason, plea: one.appeal?.reason ?? '', isOwn: one.by === own };
  };

  const inWords = (who: Somebody): KeptInside => {
    const { is, one } = who;
    const moment = (time: string | null): string | undefined => (time === null ? undefined : momentOf(time, app.language()));
    const common = { name: one.name, at: at() + 1, count: all().length, is, standing: undefined, handUp: false, muted: false, shows: [], ended: [], blockedUntil: undefined, appeal: undefined, objects: objectionOf(one.actor), staysUntil: undefined, appointable: [] };
    if (is === 'at-door') return { ...common, blockedUntil: moment(one.blocked_until), appeal: pleaOf(props.order.sanctions(), one.actor) };
    if (is === 'gone') return common;
    if (is === 'kept-out') return { ...common, blockedUntil: moment(one.until), appeal: one.appeal?.reason };
    const isHost = props.order.own()?.standing === 'host';
    const voice = props.voice.voices().get(one.id);
    const shows = SHOWN.filter((what) => voice?.[what] ?? false);
    return { ...common, standing: one.standing, handUp: one.hand_since !== null, muted: one.muted, shows, ended: one.ended ?? [], hasWord: one.has_word ?? false, staysUntil: moment(one.stays_until), appointable: isHost ? standingsFor(one) : [] };
  };

  /** Whoever needs a companion comes in with the first inside who can be one, as on the screen. */
  function letIn(one: Knocking): void {
    const companion = one.needs_companion ? props.control.people().find(({ may_accompany, away }) => may_accompany && !away)?.id : undefined;
    props.order.act({ act: 'admit', waiting: one.id, ...(companion === undefined ? {} : { companion }) });
  }

  /** Says whom it is about, and asks what follows on another page. */
  function ask(who: Somebody, page: 'why' | 'appoint' | 'appeal', reasoned?: Reasoned): void {
    choose(keyOf(who));
    setWhat(reasoned ?? 'warn');
    turn(page);
  }

  function because(why: string, who: Somebody): void {
    const did = what();
    const reason = did && REASONS[did].find((one) => one === why);
    if (!did || !reason) return;
    const words = app.t(`inside.why.${reason}`);
    if (did === 'grant' || did === 'deny') return decide(who, did === 'grant', words);
    if (who.is === 'kept-out' || who.is === 'gone') return;
    if (did === 'turn-away') props.order.act({ act: did, waiting: who.one.id, reason: words });
    else if (did === 'let-stay') props.order.act({ act: did, participant: who.one.id, reason: words });
    else props.order.act(actFor(did, who.one.id, words));
    over();
  }

  function decide(who: Somebody, grants: boolean, reason: string): void {
    const objects = objectionOf(who.one.actor);
    if (objects && !objects.isOwn) props.order.act({ act: 'answer-appeal', whom: who.one.actor, against: objects.grade, grants, reason });
    over();
  }

  function over(): void {
    setWhat(undefined);
    turn('people');
  }

  function step(by: number): void {
    setWhat(undefined);
    const next = all()[(at() + by + all().length) % Math.max(1, all().length)];
    if (next) choose(keyOf(next));
  }

  function press(id: string): void {
    if (id === 'next' || id === 'previous') return step(id === 'next' ? 1 : -1);
    if (id === 'all') return over();
    const who = current();
    if (!who) return;
    const [kind, which = ''] = id.split(':');
    if (kind === 'because') return because(which, who);
    if (id === 'appeal') return ask(who, 'appeal');
    if (id === 'grant' || id === 'deny') return ask(who, 'why', id);
    if (id === 'lift') return props.order.act({ act: 'lift', whom: who.one.actor });
    if (who.is === 'at-door') {
      if (id === 'admit') letIn(who.one);
      else if (id === 'turn-away' || id === 'block') ask(who, 'why', id);
      return;
    }
    if (who.is === 'inside') about(who, kind ?? '', which);
  }

  function about(who: Somebody & { is: 'inside' }, kind: string, which: string): void {
    const participant = who.one.id;
    const sanction = [...SANCTIONS, ...ENDING_ACTS].find((one) => one === kind);
    const shown = kind === 'let-show' ? SHOWN.find((one) => one === which) : undefined;
    const standing = kind === 'be' ? STANDINGS.find((one) => one === which) : undefined;
    if (sanction ?? kind === 'let-stay') ask(who, 'why', sanction ?? 'let-stay');
    else if (kind === 'appoint') ask(who, 'appoint');
    else if (kind === 'unmute') props.order.act({ act: 'unmute', participant });
    else if (kind === 'word') props.order.act({ act: who.one.has_word ? 'take-word' : 'give-word', participant });
    else if (shown) props.order.act({ act: 'let-show', participant, what: shown });
    else if (kind === 'lower') props.order.act({ act: 'lower-hand', participant });
    else if (standing) {
      if (standing !== who.one.standing) props.order.act({ act: 'appoint', participant, standing });
      over();
    }
  }

  return {
    state: () => {
      const who = current();
      return { of: who && inWords(who), what: what() ?? 'warn' };
    },
    objects: () => all().find(({ one }) => objectionOf(one.actor)?.isOwn === false)?.one.name,
    press,
    admit() {
      const [first] = props.order.waiting();
      if (first && props.order.keeps()) letIn(first);
    },
    refuse() {
      const [first] = props.order.waiting();
      if (first && props.order.keeps()) ask({ is: 'at-door', one: first }, 'why', 'turn-away');
    },
  };
}
