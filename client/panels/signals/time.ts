/** A moment as finely as a span needs it. */
import type { Language } from '../../core/language';
import type { Span } from './span';

const MINUTE_ms = 60_000;
const DAY_ms = 86_400_000;

export function timeIn(ms: number, [from, to]: Span, language: Language): string {
  const length = to - from;
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  const seconds: Intl.DateTimeFormatOptions = length < 10 * MINUTE_ms ? { second: '2-digit' } : {};
  const fraction: Intl.DateTimeFormatOptions = length < MINUTE_ms ? { fractionalSecondDigits: 1 } : {};
  const day: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric', ...(length > 300 * DAY_ms ? { year: 'numeric' } : {}) };
  const shown = length > 30 * DAY_ms ? day : { ...day, ...clock, ...seconds, ...fraction };
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', shown).format(ms);
}
