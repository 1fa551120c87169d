/** Dates and times as people of a language write them. */
import type { Language } from './language';

const LOCALE: Readonly<Record<Language, string>> = { zh: 'zh-CN', en: 'en-GB' };

/** A day, from an ISO or a DICOM date; the text itself where it is neither. */
export function dayOf(text: string, language: Language): string {
  const [, year, month, day] = /^(\d{4})-?(\d{2})-?(\d{2})/.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return text;
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  return new Intl.DateTimeFormat(LOCALE[language], { year: 'numeric', month: 'short', day: 'numeric' }).format(date);
}

/** The clock of a DICOM time, to the minute; `undefined` where there is none. */
export function clockOf(time: string | undefined): string | undefined {
  const [, hours, minutes] = /^(\d{2}):?(\d{2})/.exec(time ?? '') ?? [];
  return hours === undefined ? undefined : `${hours}:${minutes}`;
}

/** Whole years from a birth date to a day, both as DICOM or ISO write them; `undefined` where one is incomplete. */
export function yearsBetween(birth: string | undefined, day: string | undefined): number | undefined {
  const [from, to] = [birth, day].map((text) => (text ?? '').replaceAll('-', '').slice(0, 8));
  if (!from || !to || !/^\d{8}$/.test(from) || !/^\d{8}$/.test(to) || to < from) return undefined;
  // Both written as YYYYMMDD: the difference counts a year when the birthday has come.
  return Math.floor((Number(to) - Number(from)) / 10_000);
}

/** A time zone by its name; the browser's own where none is told, or it knows none of that name. */
export type Zone = string | null | undefined;

function inZone(zone: Zone): Intl.DateTimeFormatOptions {
  if (!zone) return {};
  try {
    return { timeZone: new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone };
  } catch {
    return {};
  }
}

/** The calendar day of a moment there, as `YYYY-MM-DD`. */
export function dayIn(zone: Zone, moment: Date): string {
  const day = { calendar: 'gregory', numberingSystem: 'latn', year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const parts = new Map(new Intl.DateTimeFormat('en', { ...day, ...inZone(zone) }).formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
}

/** The day of a moment there, in words; that of Greenwich, as moments are written, is another for some hours of each day. */
export function dayOfMoment(text: string, language: Language, zone?: Zone): string {
  const date = new Date(text);
  return dayOf(!text.includes('T') || Number.isNaN(date.getTime()) ? text : dayIn(zone, date), language);
}

/** A moment there, to the minute; only the clock where it is today. The zone is named where clocks here show another time. */
export function momentOf(text: string, language: Language, zone?: Zone, now = new Date()): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  const day: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short', day: 'numeric' };
  const today = dayIn(zone, date) === dayIn(zone, now);
  const words = (where: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat(LOCALE[language], { ...(today ? clock : { ...day, ...clock }), ...where }).format(date);
  const there = inZone(zone);
  return words(there) === words({}) ? words({}) : words({ ...there, timeZoneName: 'shortGeneric' });
}
