import { distance, type Vec3 } from '../core/frames';

/** The room takes lines of so many points. */
export const LONGEST_LINE = 256;
/** On images points nearer to each other than this say nothing new. */
const STEP_MM = 1.5;

/** A line as it is drawn: points too near are left out, and a line that grows long keeps every other point. */
export class PenLine {
  #points: Vec3[] = [];
  readonly #least: number;
  #step: number;

  /** `least` is how far apart points are at least, in the unit that they are in. */
  constructor(least = STEP_MM) {
    this.#least = this.#step = least;
  }

  get points(): readonly Vec3[] {
    return this.#points;
  }

  /** Adds a point; `false` where it lies on the last one. */
  add(point: Vec3): boolean {
    const last = this.#points.at(-1);
    if (last && distance(last, point) < this.#step) return false;
    if (this.#points.length === LONGEST_LINE) {
      this.#points = this.#points.filter((_, i) => i % 2 === 0);
      this.#step *= 2;
    }
    this.#points.push(point);
    return true;
  }

  /** The line, where it is one; begins anew. */
  take(): readonly Vec3[] | undefined {
    const points = this.#points;
    this.#points = [];
    this.#step = this.#least;
    return points.length > 1 ? points : undefined;
  }
}
