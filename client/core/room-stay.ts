/** How long somebody has been in a room. The spans are rules of the house; the room itself ends a stay. */
import { createMemo, createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Participant } from '../../contract/room';
import type { App } from './app';
import { hospitalNow } from './hospital-clock';

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
export function remindedOf(own: Pick<Participant, 'joined' | 'stays_until' | 'unrested_since'> | undefined, now_ms: number): Reminder | undefined {
  if (!own) return undefined;
  const left_min = own.stays_until === null ? Number.POSITIVE_INFINITY : (Date.parse(own.stays_until) - now_ms) / MINUTE_ms;
  if (left_min <= WARNED_min) return { key: `ends ${own.stays_until}`, ends: true, minutes: Math.max(1, Math.ceil(left_min)) };
  // The hospital counts it over all its rooms; this seat may be new.
  const since_ms = Date.parse(own.unrested_since ?? own.joined);
  const times = Math.floor((now_ms - since_ms) / MINUTE_ms / REST_AFTER_min);
  return times >= 1 ? { key: `rest ${own.joined} ${times}`, ends: false, minutes: times * REST_AFTER_min } : undefined;
}

export function stayWords({ ends, minutes }: Reminder, t: App['t']): string {
  return t(ends ? 'stay.ends' : 'stay.rest', { n: minutes });
}

export interface RoomStay {
  /** What one is to be reminded of now, until one has noted it. */
  readonly due: Accessor<Reminder | undefined>;
  noted(): void;
}

const LOOK_ms = 10_000;
/** Who comes back within this has not rested: the line was gone, or the hospital begun anew. */
const GONE_ms = 5 * MINUTE_ms;

/** Follows one's own stay while the caller lives. Its times are the hospital's, and so is the clock that they are held against. */
export function createRoomStay(own: Accessor<Participant | undefined>): RoomStay {
  const [now, setNow] = createSignal(hospitalNow());
  const [noted, setNoted] = createSignal('');
  const clock = setInterval(() => setNow(hospitalNow()), LOOK_ms);
  onCleanup(() => clearInterval(clock));
  let since: string | undefined;
  let seen_ms = 0;
  const inside = createMemo(() => {
    const [one, at_ms] = [own(), now()];
    if (!one) return undefined;
    if (since === undefined || Date.parse(one.joined) - seen_ms > GONE_ms) since = one.joined;
    seen_ms = at_ms;
    return { ...one, joined: since };
  });
  const reminder = createMemo((): Reminder | undefined => remindedOf(inside(), now()), undefined, {
    equals: (a, b) => a?.key === b?.key && a?.minutes === b?.minutes,
  });
  return {
    due: () => (reminder()?.key === noted() ? undefined : reminder()),
    noted: () => void setNoted(reminder()?.key ?? ''),
  };
}
