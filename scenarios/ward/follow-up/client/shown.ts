/** Answers, states and units in words. */
import { isClosed } from '../../../../client/core/api';
import type { ApiError } from '../../../../client/core/api';
import { momentOf } from '../../../../client/core/dates';
import type { Zone } from '../../../../client/core/dates';
import { clausesIn, inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import type { Alert, CareLevel, Mark, OwnCourse, Person, Question, Received, Referral, Row, Urgency, Value, Worse } from './course';
import type { Say } from './words';

/** How urgent something is, by a sign as well: never by colour alone. */
export const SIGNS: Readonly<Record<Urgency, string>> = {
  alert: '▲',
  taken: '●',
  referred: '⇅',
  overdue: '!',
  step: '→',
  unclear: '?',
  over: '■',
  'in-hospital': '⌂',
  fine: '✓',
  ended: '–',
};

export const CHIPS: Readonly<Record<Urgency, string>> = {
  alert: 'bad',
  taken: 'warn',
  referred: 'warn',
  overdue: 'warn',
  step: 'warn',
  unclear: 'warn',
  over: 'warn',
  'in-hospital': '',
  fine: 'good',
  ended: '',
};

/** Why a line stands where it does on the work list. */
export function whyShown({ alert, referral, steps }: Pick<Row, 'alert' | 'referral' | 'steps'>, language: Language): string {
  if (!alert && referral) return referral.reason;
  const why = alert ? [...alert.why, ...alert.again.flatMap((again) => again.why ?? [])] : steps;
  return clausesIn(why.map((one) => inLanguage(one, language)), language);
}

/** Whether one refers up or down between these levels; up as long as nobody said. */
export function directionOf(levels: readonly CareLevel[], from: string, to: string): 'up' | 'down' {
  const rank = (id: string): number => levels.findIndex((level) => level.id === id);
  return from !== '' && to !== '' && rank(to) < rank(from) ? 'down' : 'up';
}

/** Between which levels a patient was referred; nothing where nobody was asked for them. */
export function levelsShown(levels: readonly CareLevel[], { from_level, to_level }: Pick<Referral, 'from_level' | 'to_level'>, language: Language): string {
  const ends = [from_level, to_level].map((id) => levels.find((level) => level.id === id));
  return ends.flatMap((level) => (level === undefined ? [] : [inLanguage(level.label, language)])).join(' → ');
}

/** The unit of a question, with the space before it. */
export function unitShown(question: Question, language: Language): string {
  const unit = question.unit === null ? '' : inLanguage(question.unit, language);
  return unit === '' ? '' : ` ${unit}`;
}

/** What may be chosen as an answer. */
export function optionsOf(question: Question, say: Say, language: Language): readonly { readonly value: Value; readonly id: string; readonly label: string }[] {
  if (question.kind === 'yes-no') return ([true, false] as const).map((value) => ({ value, id: value ? 'yes' : 'no', label: say(value ? 'yes' : 'no') }));
  return question.choices.map(({ id, label }) => ({ value: id, id, label: inLanguage(label, language) }));
}

/** A question as it is read aloud: with what may be chosen. */
export function spokenOf(question: Question, say: Say, language: Language): string {
  return [inLanguage(question.plain, language), ...optionsOf(question, say, language).map(({ label }) => label)].join('\n');
}

/** An answer as people read it. */
export function valueShown(question: Question, value: Value | undefined, say: Say, language: Language): string {
  if (value === undefined) return say(question.kind === 'number' ? 'notMeasured' : 'notAnswered');
  if (typeof value === 'boolean') return say(value ? 'yes' : 'no');
  if (typeof value === 'number') return `${value}${unitShown(question, language)}`;
  const choice = question.choices.find(({ id }) => id === value);
  return choice === undefined ? value : inLanguage(choice.label, language);
}

const MARKS = ['late', 'clock-corrected', 'clock-slow', 'arrival-time', 'correction', 'validated', 'from-observation', 'converted'] as const;

/** What is to be known of a reading that a device sent, in words. */
export function marksShown(marks: readonly Mark[], say: Say, language: Language): string {
  const names = new Set(marks.map((mark) => (typeof mark === 'string' ? mark : Object.keys(mark)[0])));
  const known = MARKS.filter((mark) => names.has(mark)).map((mark) => say(`mark.${mark}`));
  return known.length === 0 ? say('mark.none') : known.join(language === 'zh' ? '，' : ', ');
}

/** How an alert ended: with what was done, or by itself. */
export function endShown({ outcome, taken_by, closed_at }: Alert, say: Say, language: Language, zone?: Zone): string {
  const at = momentOf(closed_at ?? '', language, zone);
  return outcome === null ? say('answered', { at }) : say('closedWith', { outcome, name: taken_by?.name ?? '', at });
}

/** How a referral stands: it waits for an answer, or was taken back. Of one that was answered the answer says more. */
export function standShown({ answered, withdrawn }: Referral, say: Say, language: Language, zone?: Zone): string | undefined {
  if (withdrawn !== undefined) {
    const { at, by, reason } = withdrawn;
    return say('withdrawn', { name: by.name, at: momentOf(at, language, zone), reason });
  }
  return answered === undefined ? say('waitsForAnswer') : undefined;
}

/** Whether somebody saw what they may not see any more. */
export const isClosedSince = (seen: unknown, error: ApiError | undefined): boolean => seen !== undefined && error !== undefined && isClosed(error);

/** Whether a referral waits that somebody may take back: who made it, or is told first by now. */
export const mayTakeBack = ({ referral, first }: Pick<Row, 'referral' | 'first'>, me: string | undefined): boolean =>
  referral !== null && (referral.from.id === me || first.id === me);

/** What a patient reads of who was told. */
export function toldShown({ told, doctor, time_zone }: Pick<OwnCourse, 'told' | 'doctor' | 'time_zone'>, say: Say, language: Language): string {
  if (told === null) return '';
  const at = momentOf(told.at, language, time_zone);
  if (told.silent) return say('told.silent', { at, name: told.taken_by ?? doctor });
  return say(`told.${told.state}`, { at, doctor, name: told.taken_by ?? '' });
}

/** Who is told as well where no second person is named. */
export function othersShown(team: readonly Person[] | null, say: Say, language: Language): string {
  const names = (team ?? []).map(({ name }) => name).join(language === 'zh' ? '、' : ', ');
  return names === '' ? say('nobodyTreats') : say('teamIs', { names });
}

/** The newest value that a device sent for a question today. */
export function sentFor(name: string, received: readonly Received[]): Received | undefined {
  return received
    .filter((one) => one.name === name)
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .at(-1);
}

/** What a report says about getting worse. */
export function worseShown(worse: Worse, say: Say, language: Language): string {
  if (worse.state === 'no') return say('worse.no');
  const words = worse.state === 'yes' ? worse.why : worse.missing;
  const list = clausesIn(words.map((one) => inLanguage(one, language)), language);
  return say(`worse.${worse.state}`, { list });
}

/** A number to so many places, or that it is not known. */
export function figure(value: number | null, places: number, say: Say): string {
  return value === null ? say('unknown') : value.toFixed(places);
}

/** How many of the reports that were due came; where none was due so far, that is said and no share is made up. */
export function onTime({ periods, reported }: Row['adherence'], say: Say): string {
  return periods === 0 ? say('noneDue') : say('reportedOf', { reported, periods });
}
