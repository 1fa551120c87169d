/** What happened in a night, in one list with places on a strip. Pure; times are those of the device's clock. */
import type { EventKind, NightEvents } from './course';

/** The lanes of the strip, from above; what an index counts comes first. */
export const LANES = ['obstructive-apnea', 'central-apnea', 'apnea', 'hypopnea', 'arousal', 'fall'] as const;
export type Lane = (typeof LANES)[number];

export interface Happened {
  /** As the device wrote it, without a time zone. */
  readonly at: string;
  readonly kind: Lane;
  readonly lasts_s: number;
  readonly fall?: { readonly baseline: number; readonly lowest: number };
}

/** The seconds of a time without a zone: only differences have a meaning. */
const secondsOf = (time: string): number => Date.parse(`${time.slice(0, 19)}Z`) / 1000;

/** All that happened, in order of time. */
export function happened(night: NightEvents): readonly Happened[] {
  const scored = (night.scored ?? []).map(({ at, lasts_s, kind }: { at: string; lasts_s: number; kind: EventKind }) => ({ at, kind, lasts_s }));
  const falls = (night.falls ?? []).map(({ at, lasts_s, baseline, lowest }) => ({ at, kind: 'fall' as const, lasts_s, fall: { baseline, lowest } }));
  return [...scored, ...falls].toSorted((one, other) => secondsOf(one.at) - secondsOf(other.at));
}

/** How many of each kind there are, in the order of the lanes; those that were not looked for are left out. */
export function countsOf(night: NightEvents): readonly (readonly [Lane, number])[] {
  const all = happened(night);
  return LANES.map((lane) => [lane, all.filter(({ kind }) => kind === lane).length] as const).filter(
    ([lane, count]) => count > 0 || (lane === 'fall' ? night.falls !== null : lane === 'hypopnea' && night.scored !== null),
  );
}

/** Where the strip begins, and how many seconds it has: all that was recorded, and all that happened. */
export function spanOf(night: NightEvents): { readonly from_s: number; readonly seconds: number } {
  const times = [...night.recorded.flat(), ...happened(night).map(({ at }) => at)].map(secondsOf).filter((time) => !Number.isNaN(time));
  const from_s = Math.min(...times);
  return { from_s, seconds: Math.max(1, Math.max(...times) - from_s) };
}

/** The place of a time on the strip, from 0 to 1. */
export const placeOf = (time: string, span: { readonly from_s: number; readonly seconds: number }): number =>
  (secondsOf(time) - span.from_s) / span.seconds;

/** The whole hours on the strip, as the clock shows them. */
export function hoursOf(span: { readonly from_s: number; readonly seconds: number }): readonly { readonly place: number; readonly clock: string }[] {
  const first = Math.ceil(span.from_s / 3600);
  const last = Math.floor((span.from_s + span.seconds) / 3600);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => ({
    place: ((first + n) * 3600 - span.from_s) / span.seconds,
    clock: `${String((((first + n) % 24) + 24) % 24).padStart(2, '0')}:00`,
  }));
}

/** The clock of a time, to the second. */
export const clockOf = (time: string): string => time.slice(11, 19);
