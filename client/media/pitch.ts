/** A grain of sound is this long: shorter makes a voice rough, longer makes words double. */
const GRAIN_s = 0.05;

/**
 * Makes a voice higher or lower, as fast as it was spoken: two readers follow the writer of a ring at another speed,
 * and each is silent while it jumps back. Whoever knows the factor can undo it: it makes a voice hard to recognise
 * for those who listen, and hides nobody from a laboratory.
 */
export class PitchShift {
  readonly #ring: Float32Array;
  readonly #grain: number;
  readonly #step: number;
  #at = 0;
  #phase = 0;

  /** `factor` 2 is an octave up, 0.5 one down. */
  constructor(factor: number, samplesPerSecond: number) {
    this.#grain = Math.round(GRAIN_s * samplesPerSecond);
    this.#ring = new Float32Array(this.#grain + 2);
    this.#step = (1 - factor) / this.#grain;
  }

  process(input: Float32Array, output: Float32Array): void {
    for (const [i, sample] of input.entries()) {
      this.#ring[this.#at] = sample;
      output[i] = this.#heard(this.#phase) + this.#heard((this.#phase + 0.5) % 1);
      this.#at = (this.#at + 1) % this.#ring.length;
      this.#phase = (this.#phase + this.#step + 1) % 1;
    }
  }

  /** What a reader hears, a share of a grain behind the writer; the two together are always as loud as one. */
  #heard(phase: number): number {
    const behind = phase * this.#grain;
    const whole = Math.floor(behind);
    const one = this.#before(whole);
    const between = one + (this.#before(whole + 1) - one) * (behind - whole);
    return between * Math.sin(Math.PI * phase) ** 2;
  }

  #before(samples: number): number {
    return this.#ring[(this.#at - samples + this.#ring.length) % this.#ring.length] ?? 0;
  }
}
