/** Fingers and mouse on a pane: what is held, and what two fingers mean. No picture is known here. */
import type { Point } from './plane';

export interface Held {
  readonly id: number;
  readonly at: Point;
}

/** What two fingers do: decided by their first movement, and kept until one is lifted. */
export type TwoFingers = 'undecided' | 'pinch' | 'scroll';

/** A change of distance by more than this share is a pinch. */
const PINCH = 0.08;
/** A movement together by more than this many CSS pixels is a scroll. */
const SCROLL_px = 12;

export interface Pair {
  readonly distance: number;
  readonly middle: Point;
}

export function pairOf(a: Point, b: Point): Pair {
  return { distance: Math.hypot(a.x - b.x, a.y - b.y), middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
}

export function meant(start: Pair, now: Pair): TwoFingers {
  if (start.distance > 0 && Math.abs(Math.log(now.distance / start.distance)) > PINCH) return 'pinch';
  const moved = Math.hypot(now.middle.x - start.middle.x, now.middle.y - start.middle.y);
  return moved > SCROLL_px ? 'scroll' : 'undecided';
}

/** Turns a movement into whole steps and keeps the rest. */
export class Steps {
  #rest = 0;

  constructor(readonly length: number) {}

  take(distance: number): number {
    this.#rest += distance;
    const steps = Math.trunc(this.#rest / this.length) || 0;
    this.#rest -= steps * this.length;
    return steps;
  }

  reset(): void {
    this.#rest = 0;
  }
}
