/** Where a replay stands in its hour. */

export const HOUR_s = 3_600;

/** How many seconds go by in one. */
export const SPEEDS = [1, 10, 60] as const;
export type Speed = (typeof SPEEDS)[number];

/** The second of the hour that began at a moment, in milliseconds since 1970, at which `at` lies. */
export function placeIn(begin_ms: number | undefined, at: string | undefined): number {
  if (begin_ms === undefined || at === undefined) return 0;
  const seconds = (new Date(at).getTime() - begin_ms) / 1000;
  return Number.isNaN(seconds) ? 0 : Math.min(HOUR_s, Math.max(0, seconds));
}

/** The second after one frame; none at the end of the hour. */
export function played(place_s: number, speed: Speed, frame_ms: number): number | undefined {
  if (place_s >= HOUR_s) return undefined;
  return Math.min(HOUR_s, place_s + (speed * frame_ms) / 1000);
}
