import { describe, expect, test } from 'vitest';
import { PitchShift } from './pitch';

const RATE = 48_000;

/** A second of a tone, in blocks as a browser gives them. */
function shifted(factor: number, tone_Hz: number): Float32Array {
  const shift = new PitchShift(factor, RATE);
  const all = new Float32Array(RATE);
  const block = 128;
  for (let at = 0; at < RATE; at += block) {
    const input = Float32Array.from({ length: block }, (_, i) => 0.5 * Math.sin((2 * Math.PI * tone_Hz * (at + i)) / RATE));
    shift.process(input, all.subarray(at, at + block));
  }
  return all;
}

/** How much of a tone there is in the second half of a sound. */
function share(sound: Float32Array, tone_Hz: number): number {
  const half = sound.subarray(RATE / 2);
  let [re, im] = [0, 0];
  for (const [i, sample] of half.entries()) {
    const turn = (2 * Math.PI * tone_Hz * i) / RATE;
    re += sample * Math.cos(turn);
    im += sample * Math.sin(turn);
  }
  return (2 * Math.hypot(re, im)) / half.length;
}

describe('a voice', () => {
  // A tone that fits a grain of 50 ms whole, before and after: its parts add up without a seam.
  test.each([[0.75, 400, 300], [1.25, 400, 500], [1, 400, 400]])('by a factor of %d turns %d Hz into %d Hz', (factor, from_Hz, to_Hz) => {
    const sound = shifted(factor, from_Hz);
    expect(share(sound, to_Hz)).toBeGreaterThan(0.3);
    expect(share(sound, from_Hz)).toBeLessThan(factor === 1 ? 0.51 : 0.05);
  });

  test('is never louder than it was, and silence stays silence', () => {
    expect(Math.max(...shifted(1.36, 330).map(Math.abs))).toBeLessThanOrEqual(0.501);
    expect(Math.max(...shifted(0.8, 0).map(Math.abs))).toBe(0);
  });
});
