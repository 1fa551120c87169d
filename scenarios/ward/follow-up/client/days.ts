/** Days where the patient is, and what is due on them, also where the server cannot be asked. Pure. */
import type { Due, OwnCourse, Question, Unsent, Value } from './course';

const DAY_ms = 86_400_000;

/** The calendar day of a moment in the hospital's time zone; in the device's own where it does not know that one. */
export function dayIn(zone: string | null | undefined, moment: Date): string {
  const parts = new Map(inZone(zone).formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
}

function inZone(zone: string | null | undefined): Intl.DateTimeFormat {
  const day = { calendar: 'gregory', numberingSystem: 'latn', year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  try {
    return new Intl.DateTimeFormat('en', zone ? { ...day, timeZone: zone } : day);
  } catch {
    return new Intl.DateTimeFormat('en', day);
  }
}

/** The day so many days later. */
export function daysAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_ms).toISOString().slice(0, 10);
}

/** When the next report is due, as the hospital says it, counting those that wait on the device. */
export function nextDay(course: Pick<OwnCourse, 'next_report' | 'every_days'>, waiting: readonly Unsent[]): string {
  const unsent = waiting.filter(({ refused, unclaimed }) => refused === undefined && unclaimed === undefined).map(({ day }) => day);
  const days = [course.next_report.day, ...unsent.map((day) => daysAfter(day, course.every_days))];
  return days.toSorted().at(-1) ?? course.next_report.day;
}

/** Whether it is time. */
export function dueOn(day: string, today: string): Due {
  if (day > today) return 'planned';
  return day === today ? 'now' : 'overdue';
}

/** The number that was typed, where it can be an answer; what is wrong with it, where not. */
export function numberOf(typed: string, question: Pick<Question, 'whole' | 'range'>): number | 'none' | 'whole' | 'range' {
  // As Chinese keyboards write it, too: ３６。５.
  const text = typed.normalize('NFKC').trim().replace(/[,。]/, '.');
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) return 'none';
  if (question.whole && !Number.isInteger(number)) return 'whole';
  const [low, high] = question.range;
  if ((low !== null && number < low) || (high !== null && number > high)) return 'range';
  return number;
}

/** A new report. Its name is the device's: sent twice it is one. */
export function newReport(
  answers: Readonly<Record<string, Value | null>>,
  now: Date,
  zone: string | null | undefined,
  random: Uint8Array,
): Unsent {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const id = [...random].map((byte) => letters[byte % letters.length]).join('');
  const known = Object.entries(answers).filter((one): one is [string, Value] => one[1] !== null);
  return { id, at: now.toISOString(), day: dayIn(zone, now), answers: Object.fromEntries(known) };
}
