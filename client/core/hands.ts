/** What hands do that no device tracks finger by finger. Thumb first; 0 is straight, 1 a fist. */
import type { Fingers } from '../../contract/room';

/** A hand that rests, or whose fingers nobody knows. */
export const RESTING: Fingers = { curls: [0.2, 0.2, 0.25, 0.3, 0.35], spread: 0.1 };

/** The index finger is out. */
export const POINTING: Fingers = { curls: [0.6, 0, 0.9, 0.95, 0.95], spread: 0 };

/** Something is held. */
export const FIST: Fingers = { curls: [0.8, 0.9, 0.9, 0.9, 0.9], spread: 0 };

interface AnyFingers {
  readonly curls: Readonly<Fingers['curls']>;
  readonly spread: number;
}

/** Fingers a share of the way from one hand to another. */
export function mixed(a: AnyFingers, b: AnyFingers, share: number): Fingers {
  const curls = a.curls.map((curl, i) => curl * (1 - share) + (b.curls[i] ?? 0) * share) as Fingers['curls'];
  return { curls, spread: a.spread * (1 - share) + b.spread * share };
}
