import { describe, expect, test } from 'vitest';
import { isHeard, stretched } from './stretch';

const RATE = 48_000;

/** A voice's sound as far as this is about it: a tone with two overtones, between two times. */
function sounding(tone_Hz: number, [begins_s, ends_s]: readonly [number, number], length_s: number): Float32Array {
  return Float32Array.from({ length: length_s * RATE }, (_, i) => {
    const seconds = i / RATE;
    const part = (n: number): number => (0.3 / n) * Math.sin(2 * Math.PI * tone_Hz * n * seconds);
    return seconds >= begins_s && seconds < ends_s ? part(1) + part(2) + part(3) : 0;
  });
}

/** How much of a tone there is in the middle of a sound. */
function share(sound: Float32Array, tone_Hz: number): number {
  const middle = sound.subarray(sound.length / 4, (3 * sound.length) / 4);
  let [re, im] = [0, 0];
  for (const [i, sample] of middle.entries()) {
    const turn = (2 * Math.PI * tone_Hz * i) / RATE;
    re += sample * Math.cos(turn);
    im += sample * Math.sin(turn);
  }
  return (2 * Math.hypot(re, im)) / middle.length;
}

const loudest = (sound: Float32Array): number => sound.reduce((most, one) => Math.max(most, Math.abs(one)), 0);

describe.each([0.5, 0.75, 1.5, 2])('a voice at %d times its speed', (speed) => {
  test.each([95, 120, 210, 333])('keeps its pitch of %d Hz, as loud as it was', (tone_Hz) => {
    const before = sounding(tone_Hz, [0, 2], 2);
    const after = stretched(before, speed, RATE);
    expect(after.length).toBe(Math.ceil(before.length / speed));
    expect(share(after, tone_Hz)).toBeGreaterThan(0.25);
    expect(share(after, tone_Hz * speed)).toBeLessThan(share(before, tone_Hz * speed) + 0.03);
    expect(loudest(after)).toBeLessThan(loudest(before) * 1.05);
  });

  test('says each word at its time, and nothing between them', () => {
    const after = stretched(sounding(150, [0.8, 1.2], 2), speed, RATE);
    const at = (seconds: number): number => Math.round((seconds / speed) * RATE);
    expect(loudest(after.subarray(at(0), at(0.74)))).toBe(0);
    expect(loudest(after.subarray(at(0.9), at(1.1)))).toBeGreaterThan(0.3);
    expect(loudest(after.subarray(at(1.26), at(2)))).toBe(0);
  });

  test('begins and ends without a gap, so that parts follow one another', () => {
    const after = stretched(sounding(150, [0, 2], 2), speed, RATE);
    expect(loudest(after.subarray(0, RATE / 100))).toBeGreaterThan(0.3);
    expect(loudest(after.subarray(after.length - RATE / 100))).toBeGreaterThan(0.1);
  });
});

test('a voice is heard from half to twice its speed', () => {
  expect([0.25, 0.5, 1, 1.5, 2, 4, 8].filter(isHeard)).toEqual([0.5, 1, 1.5, 2]);
});
