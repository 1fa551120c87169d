/** Answers as people read them. */
import { dayOf } from '../../../../client/core/dates';
import { clausesIn, inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import type { AnswerValue, SmokingPhase, Source } from '../../../../contract/knowledge';
import type { Conflict, Course, Part, Question, Window } from './course';
import { PHASES } from './course';
import type { Say } from './words';

/** The unit of a question. UCUM writes a year as `a` and a pure number as `1`. */
export function unitOf(question: Pick<Question, 'unit' | 'name'>, say: Say): string {
  if (question.unit === 'a') return say('years');
  if (question.name === 'pack_years') return say('packYearsUnit');
  return question.unit === '1' ? '' : (question.unit ?? '');
}

/** An answer in words. */
export function valueShown(question: Question, value: AnswerValue, say: Say, language: Language): string {
  if (typeof value === 'boolean') return say(value ? 'yes' : 'no');
  if (typeof value === 'number') return `${Math.round(value * 10) / 10} ${unitOf(question, say)}`.trim();
  const choice = question.choices.find(({ id }) => id === value);
  return choice ? inLanguage(choice.label, language) : value;
}

/** Where an answer comes from, in words. */
export function sourceShown(from: Source, say: Say): string {
  if (from.reference.startsWith('Practitioner/')) return say('fromPerson');
  if (from.reference.startsWith('series/')) return say('measured');
  return from.reference.startsWith('QuestionnaireResponse/') ? say('computed') : say('fromRecord');
}

/** A source that the record can open, as its address. */
export function addressOf(source: Source): string | undefined {
  return /^[A-Z]\w+\/[\w.-]+$/.test(source.reference) ? `/fhir/${source.reference}` : undefined;
}

/** What a question is called. */
export function labelOf(course: Course, name: string, say: Say, language: Language): string {
  const question = course.questions.find((one) => one.name === name);
  if (question) return inLanguage(question.label, language);
  const item = course.smoking.items.find((one) => one.name === name);
  if (item) return inLanguage(item.label, language);
  return name === PHASES ? say('history') : name === 'ready_to_quit' ? say('ready') : name;
}

function phasesShown(phases: readonly SmokingPhase[], say: Say, language: Language): string {
  if (phases.length === 0) return say('notKnown');
  return clausesIn(phases.map((one) => say('phase', { n: one.cigarettes_per_day, years: one.years })), language);
}

/** One side of a conflict, in words. */
export function sideShown(part: Part, conflict: Conflict, side: 'yours' | 'theirs'): string {
  const value = conflict[side];
  if (Array.isArray(value)) return phasesShown(value as SmokingPhase[], part.say, part.language);
  if (typeof value !== 'boolean' && typeof value !== 'number' && typeof value !== 'string') return part.say('notKnown');
  const question = part.of.questions.find(({ name }) => name === conflict.name);
  if (question) return valueShown(question, value, part.say, part.language);
  const item = part.of.smoking.items.find(({ name }) => name === conflict.name);
  const choice = item?.choices.find(({ id }) => id === value);
  if (choice) return inLanguage(choice.label, part.language);
  return typeof value === 'boolean' ? part.say(value ? 'yes' : 'no') : String(value);
}

/** How often something is repeated, and until when. */
export function repeatShown(
  of: { readonly every_months?: number | null; readonly last?: string | null },
  say: Say,
  language: Language,
): string {
  if (!of.every_months) return '';
  if (!of.last) return ` · ${say('every', { n: of.every_months })}`;
  return ` · ${say('everyUntil', { n: of.every_months, day: dayOf(of.last, language) })}`;
}

/** The days of a window. */
export function windowShown(window: Window, say: Say, language: Language): string {
  const from = dayOf(window.from, language);
  if (window.until === null) return say('atOnce', { day: from });
  return window.until === window.from ? from : `${from} – ${dayOf(window.until, language)}`;
}
