/** People on the panel inside a headset, one after the other, and what whoever keeps order does about them, with its reason. */
import type { App } from '../../core/app';
import { ENDINGS, ENDING_ACTS, SANCTIONS } from '../../core/room-order';
import type { Ending, Sanction } from '../../core/room-order';
import type { Key } from '../../words/words';
import type { PanelButton } from '../../xr/panel';
import type { InsideState, KeptInside, ObjectionInside, Reasoned } from './inside-state';
import { button, when } from './panel-buttons';

type T = App['t'];

const AGAINST_RULES = ['disturbs', 'unkind', 'privacy', 'impostor'] as const;
/** What is seen may be wrong by itself, such as another patient’s papers on a screen. */
const AGAINST_SEEING = ['unfit', 'privacy', 'unkind', 'disturbs'] as const;
/** Reasons of the house, from its rules of conduct; whoever needs other words gives them at the screen. */
export const REASONS = {
  warn: AGAINST_RULES,
  mute: AGAINST_RULES,
  'end-camera': AGAINST_SEEING,
  'end-screen': AGAINST_SEEING,
  'put-out': AGAINST_RULES,
  block: AGAINST_RULES,
  'turn-away': ['later', 'uncalled', 'alone'],
  'let-stay': ['care', 'ending'],
  grant: ['mistaken', 'severe', 'settled'],
  deny: ['rightly', 'repeated', 'goesOn'],
} as const satisfies Readonly<Record<Reasoned, readonly string[]>>;
export type Reason = (typeof REASONS)[Reasoned][number];
/** What one can say inside against what was done to oneself; other words are given at the screen. */
export const PLEAS = ['mistake', 'fault', 'stopped'] as const;

const OTHER_WORDS = { 'turn-away': 'order.turnAway', 'let-stay': 'stay.letStay', grant: 'appeal.grant', deny: 'appeal.refuse' } as const;
const whatWords = (what: Reasoned): Key => (what in OTHER_WORDS ? OTHER_WORDS[what as keyof typeof OTHER_WORDS] : `order.act.${what as Sanction | Ending}`);

export function peopleLines({ page, keeping: { of, what } }: InsideState, t: T): string[] {
  if (page === 'appoint') return [of ? t('inside.appoint.title', { name: of.name }) : t('inside.person.left')];
  if (page === 'why') return [of ? t('inside.why', { what: t(whatWords(what)), name: of.name }) : t('inside.person.left')];
  if (!of) return [t('inside.person.nobody')];
  if (page === 'appeal') return [of.name, ...objectionLines(of, t)];
  return [
    t('inside.person', { name: of.name, at: of.at, count: of.count }),
    [...stateOf(of, t)].join(' · '),
    ...(of.appeal === undefined ? [] : [t('order.appeal', { reason: of.appeal })]),
    ...(of.staysUntil === undefined ? [] : [t('stay.until', { until: of.staysUntil })]),
  ];
}

/** What is to be decided: what was done and why, and what they say against it. */
function objectionLines({ objects }: KeptInside, t: T): string[] {
  if (!objects) return [t('inside.appeal.none')];
  const { plea, isOwn } = objects;
  return [sanctionWords(objects, t), t('order.appeal', { reason: plea }), ...(isOwn ? [t('appeal.notYours')] : [])];
}

/** What was done to oneself, and what one may say against it. */
export function objectLines({ sanctioned }: InsideState, t: T): string[] {
  return sanctioned ? [sanctionWords(sanctioned, t), t('door.appealHint')] : [t('inside.object.none')];
}

export function objectButtons({ sanctioned }: InsideState, t: T): PanelButton[] {
  return [...(sanctioned ? PLEAS.map((plea) => button(`object:${plea}`, t(`inside.plea.${plea}`))) : []), button('back:room', t('inside.back'))];
}

function sanctionWords({ grade, reason }: Pick<ObjectionInside, 'grade' | 'reason'>, t: T): string {
  return `${t(`order.grade.${grade}`)} · ${t('door.reason', { reason })}`;
}

function* stateOf(of: KeptInside, t: T): Generator<string> {
  if (of.is === 'at-door') yield t('order.waitingTitle');
  if (of.is === 'kept-out') yield t('order.keptOutTitle');
  if (of.is === 'gone') yield t('inside.person.gone');
  if (of.standing) yield t(`order.standing.${of.standing}`);
  if (of.handUp) yield t('order.hand');
  if (of.hasWord) yield t('order.hasWord');
  if (of.muted) yield t('order.muted');
  for (const one of of.shows) yield t(`voice.state.${one}`);
  for (const one of of.ended) yield t(`order.ended.${one}`);
  if (of.blockedUntil !== undefined) yield t('order.blockedUntil', { until: of.blockedUntil });
}

export function peopleButtons({ page, keeping: { of, what } }: InsideState, t: T): PanelButton[] {
  if (page === 'appoint') return [...(of?.appointable ?? []).map((one) => button(`keep:be:${one}`, t(`order.standing.${one}`), one === of?.standing)), button('keep:all', t('inside.back'))];
  if (page === 'appeal') return [...when(of?.objects?.isOwn === false, button('keep:grant', t('appeal.grant')), button('keep:deny', t('appeal.refuse'))), button('keep:all', t('inside.back'))];
  if (page === 'why') return [...(of ? REASONS[what] : []).map((why) => button(`keep:because:${why}`, t(`inside.why.${why}`))), button('keep:all', t('inside.back'))];
  return [
    ...when((of?.count ?? 0) > 1, button('keep:previous', t('inside.person.previous')), button('keep:next', t('inside.person.next'))),
    ...when(of?.objects !== undefined, button('keep:appeal', t('inside.appeal'))),
    ...(of ? aboutThem(of, t) : []),
    button('back:room', t('inside.back')),
  ];
}

function aboutThem(of: KeptInside, t: T): PanelButton[] {
  if (of.is === 'gone') return [];
  if (of.is !== 'inside') {
    const comesIn = of.blockedUntil === undefined ? button('keep:admit', t('order.admit')) : button('keep:lift', t('order.lift'));
    return [comesIn, ...when(of.is === 'at-door', button('keep:turn-away', t('order.turnAway'))), ...when(of.is === 'at-door' && of.blockedUntil === undefined, button('keep:block', t('order.act.block')))];
  }
  return [
    ...when(of.handUp, button('keep:lower', t('order.lower'))),
    ...when(of.standing === 'observer', button('keep:word', t(of.hasWord ? 'order.takeWord' : 'order.giveWord'))),
    ...when(of.muted, button('keep:unmute', t('order.unmute'))),
    ...of.ended.map((one) => button(`keep:let-show:${one}`, t(`order.letShow.${one}`))),
    ...reasonedAbout(of).map((one) => button(`keep:${one}`, t(whatWords(one)))),
    ...when(of.staysUntil !== undefined, button('keep:let-stay', t('stay.letStay'))),
    ...when(of.appointable.length > 0, button('keep:appoint', t('inside.appoint'))),
  ];
}

/** From mild to grave. What is not shown, or not heard, is not there to be ended. */
function reasonedAbout({ muted, shows, ended }: KeptInside): readonly (Sanction | Ending)[] {
  const isShown = (one: Ending): boolean => shows.includes(ENDINGS[one]) && !ended.includes(ENDINGS[one]);
  const mild = SANCTIONS.filter((one) => one === 'warn' || (one === 'mute' && !muted));
  return [...mild, ...ENDING_ACTS.filter(isShown), ...SANCTIONS.filter((one) => one === 'put-out' || one === 'block')];
}
