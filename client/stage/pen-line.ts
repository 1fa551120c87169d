import type { Vec3 } from '../core/frames';

/** The room takes lines of so many points. */
export const LONGEST_LINE = 256;
/** On images points nearer to each other than this say nothing new. */
const STEP_MM = 1.5;
/** On boards, as a share of the board. */
export const INK_STEP = 0.006;

/** A line as it is drawn: points too near are left out, and a line that grows long keeps every other point. */
export class PenLine<Point extends readonly number[] = Vec3> {
  #points: Point[] = [];
  readonly #least: number;
  #step: number;

  /** `least` is how far apart points are at least, in the unit that they are in. */
  constructor(least = STEP_MM) {
    this.#least = this.#step = least;
  }

  get points(): readonly Point[] {
    return this.#points;
  }

  /** Adds a point; `false` where it lies on the last one. */
  add(point: Point): boolean {
    const last = this.#points.at(-1);
    if (last && Math.hypot(...point.map((at, axis) => at - (last[axis] ?? 0))) < this.#step) return false;
    if (this.#points.length === LONGEST_LINE) {
      this.#points = this.#points.filter((_, i) => i % 2 === 0);
      this.#step *= 2;
    }
    this.#points.push(point);
    return true;
  }

  /** The line, where it is one; begins anew. */
  take(): readonly Point[] | undefined {
    const points = this.#points;
    this.#points = [];
    this.#step = this.#least;
    return points.length > 1 ? points : undefined;
  }
}
