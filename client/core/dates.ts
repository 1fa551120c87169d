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

/** A moment, to the minute; only the clock where it is today. */
export function momentOf(text: string, language: Language, now = new Date()): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  const day: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short', day: 'numeric' };
  const today = date.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(LOCALE[language], today ? clock : { ...day, ...clock }).format(date);
}
