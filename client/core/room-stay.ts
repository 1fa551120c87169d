/** How long somebody has been in a room. The spans are rules of the house; the room itself ends a stay. */
import type { Participant } from '../../contract/room';

/** Who stays this long is reminded to rest. */
export const REST_AFTER_min = 45;
/** How long before its end one hears that a stay ends. */
export const WARNED_min = 10;

export interface Reminder {
  /** Tells one reminder from the next. */
  readonly key: string;
  /** Whether the stay ends, in `minutes`; else one has been here for as many. */
  readonly ends: boolean;
  readonly minutes: number;
}

const MINUTE_ms = 60_000;

/** What somebody is to be reminded of at a moment. */
export function remindedOf(own: Pick<Participant, 'joined' | 'stays_until'> | undefined, now_ms: number): Reminder | undefined {
  if (!own) return undefined;
  const left_min = own.stays_until === null ? Number.POSITIVE_INFINITY : (Date.parse(own.stays_until) - now_ms) / MINUTE_ms;
  if (left_min <= WARNED_min) return { key: `ends ${own.stays_until}`, ends: true, minutes: Math.max(1, Math.ceil(left_min)) };
  const times = Math.floor((now_ms - Date.parse(own.joined)) / MINUTE_ms / REST_AFTER_min);
  return times >= 1 ? { key: `rest ${own.joined} ${times}`, ends: false, minutes: times * REST_AFTER_min } : undefined;
}
