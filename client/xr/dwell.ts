/** Choosing by looking: what is looked at for a while is chosen once, and again only after looking away; steps go on. */

/** So long one looks as a rule; short enough to work with, long enough to look around (rule of the house). */
export const DWELL_S = 1.1;
/** What one may choose: for practised eyes, and for those that wander or tire. */
export const DWELLS_S = [0.8, DWELL_S, 1.8] as const;
/** A gaze wanders this far on one point and still rests there, in metres. */
const WANDER_M = 0.02;
/** Eyes that have moved less than this since they chose have not looked elsewhere: half a button's height. */
const STAYS_M = 0.035;

type Three = readonly [number, number, number];

export interface Looked {
  /** A button's name, or a point of the hologram. */
  readonly target: string | Three;
}

export class Dwell {
  /** How long one looks until something is chosen. */
  time_s: number = DWELL_S;
  #target: Looked['target'] | undefined;
  #looked_s = 0;
  #chosen = false;
  /** Where the eyes were as they chose a button; another may have taken its place, which nobody meant. */
  #chosenAt: Three | undefined;

  /** How much of the time has passed, 0 to 1; 0 once it was chosen. */
  get share(): number {
    return this.#chosen || this.#target === undefined ? 0 : Math.min(1, this.#looked_s / this.time_s);
  }

  /**
   * Looks on; answers true in the moment in which the target is chosen. `at` is where a button is looked at; one that
   * `repeats` is chosen again as long as it is looked at.
   */
  look(target: Looked['target'] | undefined, seconds: number, at?: Three, repeats = false): boolean {
    if (this.#chosenAt && (!at || distance(this.#chosenAt, at) > STAYS_M)) this.#chosenAt = undefined;
    const again = repeats && target === this.#target;
    if (this.#chosenAt && typeof target === 'string' && !again) {
      [this.#target, this.#chosen] = [target, true];
      return false;
    }
    if (!isSame(this.#target, target)) {
      this.#target = target;
      this.#looked_s = 0;
      this.#chosen = false;
      return false;
    }
    if (target === undefined || this.#chosen) return false;
    this.#looked_s += seconds;
    if (this.#looked_s < this.time_s) return false;
    this.#chosen = !repeats;
    this.#looked_s = 0;
    this.#chosenAt = at;
    return true;
  }
}

function isSame(a: Looked['target'] | undefined, b: Looked['target'] | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return distance(a, b) <= WANDER_M;
}

function distance(a: Three, b: Three): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
