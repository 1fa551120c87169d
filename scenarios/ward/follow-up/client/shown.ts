/** Answers, states and units in words. */
import { inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import type { Question, Row, Urgency, Value, Worse } from './course';
import type { Say } from './words';

/** How urgent something is, by a sign as well: never by colour alone. */
export const SIGNS: Readonly<Record<Urgency, string>> = {
  alert: '▲',
  taken: '●',
  referred: '⇅',
  overdue: '!',
  unclear: '?',
  fine: '✓',
  ended: '–',
};

export const CHIPS: Readonly<Record<Urgency, string>> = {
  alert: 'bad',
  taken: 'warn',
  referred: 'warn',
  overdue: 'warn',
  unclear: 'warn',
  fine: 'good',
  ended: '',
};

/** The unit of a question, with the space before it. */
export function unitShown(question: Question, language: Language): string {
  const unit = question.unit === null ? '' : inLanguage(question.unit, language);
  return unit === '' ? '' : ` ${unit}`;
}

/** An answer as people read it. */
export function valueShown(question: Question, value: Value | undefined, say: Say, language: Language): string {
  if (value === undefined) return say('notMeasured');
  if (typeof value === 'boolean') return say(value ? 'yes' : 'no');
  if (typeof value === 'number') return `${value}${unitShown(question, language)}`;
  const choice = question.choices.find(({ id }) => id === value);
  return choice === undefined ? value : inLanguage(choice.label, language);
}

/** What a report says about getting worse. */
export function worseShown(worse: Worse, say: Say, language: Language): string {
  if (worse.state === 'no') return say('worse.no');
  const words = worse.state === 'yes' ? worse.why : worse.missing;
  const list = words.map((one) => inLanguage(one, language)).join(language === 'zh' ? '；' : '; ');
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
