/** Eyes of somebody who stands, about; and lower than this they sit. */
const STANDING_M = 1.6;
const SITS_BELOW_M = 1.35;

/**
 * How far somebody who sits is raised, so that they see over the table as others do. It is settled once, when they ask
 * for it: a floor that moves with each nod would make anybody sick.
 */
export class SeatedHeight {
  #standing = false;
  #lift_m: number | undefined;

  set standing(standing: boolean) {
    if (standing === this.#standing) return;
    this.#standing = standing;
    this.#lift_m = undefined;
  }

  /** For eyes so high above the real floor. */
  lift(eyes_m: number): number {
    if (!this.#standing) return 0;
    // Before a headset is tracked its eyes are on the floor.
    if (this.#lift_m === undefined && eyes_m > 0.4) this.#lift_m = eyes_m < SITS_BELOW_M ? STANDING_M - eyes_m : 0;
    return this.#lift_m ?? 0;
  }
}
