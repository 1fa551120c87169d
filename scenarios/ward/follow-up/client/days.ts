/** Days where the patient is, and what is due on them, also where the server cannot be asked. Pure. */
import { dayIn } from '../../../../client/core/dates';
import type { Zone } from '../../../../client/core/dates';
import { typedNumber } from '../../../../client/core/typed-number';
import type { OwnCourse, Question, ReportDue, Unsent, Value } from './course';

const DAY_ms = 86_400_000;

/** The day so many days later. */
export function daysAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_ms).toISOString().slice(0, 10);
}

/** When a report is due after one of this day: each phase of the plan begins with one. */
function dayAfter(day: string, { every_days, phases = [] }: Pick<OwnCourse, 'every_days' | 'phases'>): string {
  const phase = phases.findLast(({ from }) => from <= day) ?? phases[0];
  const next = daysAfter(day, phase?.every_days ?? every_days);
  const until = phase?.until ?? null;
  return until !== null && until < next ? until : next;
}

/** When the next report is due, as the hospital says it, counting those that wait on the device. */
export function nextDay(course: Pick<OwnCourse, 'next_report' | 'every_days' | 'phases'>, waiting: readonly Unsent[]): string {
  const unsent = waiting.filter(({ refused, unclaimed }) => refused === undefined && unclaimed === undefined).map(({ day }) => day);
  const days = [course.next_report.day, ...unsent.map((day) => dayAfter(day, course))];
  return days.toSorted().at(-1) ?? course.next_report.day;
}

/** The day from which on nothing is due any more; none where the plan has no end. */
export function overFrom({ phases = [] }: Pick<OwnCourse, 'every_days' | 'phases'>): string | null {
  return phases.at(-1)?.until ?? null;
}

/** Whether it is time. */
export function dueOn(day: string, today: string, over: string | null = null): ReportDue {
  if (over !== null && (day >= over || today >= over)) return 'over';
  if (day > today) return 'planned';
  return day === today ? 'now' : 'overdue';
}

/** The number that was typed, where it can be an answer; what is wrong with it, where not. */
export function numberOf(typed: string, question: Pick<Question, 'whole' | 'range'>): number | 'none' | 'whole' | 'range' {
  const number = typedNumber(typed);
  if (number === undefined) return 'none';
  if (question.whole && !Number.isInteger(number)) return 'whole';
  const [low, high] = question.range;
  if ((low !== null && number < low) || (high !== null && number > high)) return 'range';
  return number;
}

/** A new report. Its name is the device's: sent twice it is one. */
export function newReport(
  answers: Readonly<Record<string, Value | null>>,
  now: Date,
  zone: Zone,
  random: Uint8Array,
): Unsent {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const id = [...random].map((byte) => letters[byte % letters.length]).join('');
  const known = Object.entries(answers).filter((one): one is [string, Value] => one[1] !== null);
  return { id, at: now.toISOString(), day: dayIn(zone, now), answers: Object.fromEntries(known) };
}
