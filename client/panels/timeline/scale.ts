/** Days on a line, and values in words; no pictures here. */
import type { Due, Event, Lane, Part, Timeline } from '../../../contract/timeline';
import { dayIn } from '../../core/dates';
import type { Zone } from '../../core/dates';
import { clausesIn } from '../../core/language';
import type { Language } from '../../core/language';

const DAY_ms = 86_400_000;
/** Stands where there is nothing to say. */
export const NO_VALUE = '–';

/** The lanes in the order in which they are shown. */
export const LANES: readonly Lane[] = [
  'imaging',
  'measurements',
  'findings',
  'labs',
  'vitals',
  'questionnaires',
  'conditions',
  'treatments',
  'decisions',
  'follow-ups',
];

/** The day of a FHIR or DICOM date as `YYYY-MM-DD`, of a moment that in the zone; what is coarser than a day begins with its first. */
export function isoDay(text: string, zone?: Zone): string | undefined {
  const moment = new Date(text.includes('T') ? text : Number.NaN);
  if (!Number.isNaN(moment.getTime())) return dayIn(zone, moment);
  const [, year, month, day] = /^(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?/.exec(text) ?? [];
  return year === undefined ? undefined : `${year}-${month ?? '01'}-${day ?? '01'}`;
}

/** Whole days since 1970. */
export function dayNumber(text: string, zone?: Zone): number | undefined {
  const day = isoDay(text, zone);
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(ms) ? undefined : Math.round(ms / DAY_ms);
}

/** The day with this number. */
export function dayAt(number: number): string {
  return new Date(number * DAY_ms).toISOString().slice(0, 10);
}

/** First and last day of the line, as day numbers: all that is known, today, and what is still due. */
export function lineOf(timeline: Timeline, today: string): readonly [number, number] {
  const due = timeline.events.flatMap(({ due }) => [due?.from, due?.until].filter((day) => day !== undefined));
  const days = [today, ...(timeline.span ?? []), ...due].flatMap((day) => dayNumber(day, timeline.time_zone) ?? []);
  const [first, last] = [Math.min(...days), Math.max(...days)];
  return first === last ? [first - 1, last + 1] : [first, last];
}

/** Where something lies on the line: what is due where it is due, everything else where it happened. */
export function placeOf(event: Event, zone?: Zone): number | undefined {
  return dayNumber(event.due?.from ?? event.at, zone);
}

/** How many there are on each lane, the empty ones left out. */
export function byLane(events: readonly Event[]): readonly { readonly lane: Lane; readonly events: readonly Event[] }[] {
  return LANES.map((lane) => ({ lane, events: events.filter((event) => event.lane === lane) })).filter(
    ({ events: own }) => own.length > 0,
  );
}

/** UCUM units as people write them: without brackets, annotations and the unit one. */
export function unitWords(unit: string | undefined): string {
  return (unit ?? '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[hnsf'U\]/, 'HU')
    .replace(/[[\]]/g, '')
    .replace(/^1$/, '')
    .replace('10*', '10^');
}

/** One value in words. */
export function partWords(part: Part, language: Language): string {
  const label = part.label ? `${part.label[language]}${language === 'zh' ? '：' : ': '}` : '';
  if (part.words) return label + part.words[language];
  if (part.number === undefined) return label;
  const number = part.number.toLocaleString(language, { maximumFractionDigits: 2 });
  return `${label}${number} ${unitWords(part.unit)}`.trim();
}

/** All values of an event in one line. */
export function valueOf(event: Event, language: Language): string {
  return clausesIn(event.parts.map((part) => partWords(part, language)), language);
}

/** The window of an order, from first to last day. */
export function windowOf(due: Due): readonly [string, string] | undefined {
  const from = due.from ?? due.until;
  const until = due.every_months === undefined ? (due.until ?? due.from) : due.from;
  return from === undefined || until === undefined ? undefined : [from, until];
}

/** Even steps for an axis from zero to at least `most`: about four. */
export function stepsTo(most: number): readonly number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power;
  const count = Math.ceil(most / step);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}
