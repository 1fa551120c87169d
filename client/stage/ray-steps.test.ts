import { expect, test } from 'vitest';
import { stepsAfter } from './ray-steps';

/** What a card takes for a frame of such steps: less, the wider they are. */
const taken = (step_mm: number, work_mm_s: number): number => 0.004 + work_mm_s / step_mm;

/** A headset shows a frame at its next turn only. */
function shown(seconds: number, rate: number): number {
  return Math.ceil(seconds * rate - 1e-9) / rate;
}

test.each([72, 90, 120])('a headset of %i frames a second is kept to them, by steps as fine as that bears', (rate) => {
  const work = (1 / rate - 0.004) * 3;
  let step = 1.4;
  let missed = 0;
  for (let frame = 0; frame < 2_000; frame++) {
    const seconds = shown(taken(step, work), rate);
    if (frame > 200 && seconds * rate > 1.5) missed += 1;
    step = stepsAfter(step, seconds, rate);
  }
  // Steps of 3 mm just fit.
  expect(step).toBeGreaterThan(2.9);
  expect(step).toBeLessThan(3.4);
  expect(missed / 1_800).toBeLessThan(0.03);
});

test('steps stay within what still looks like a body', () => {
  expect(stepsAfter(7, 1, 72)).toBe(7);
  expect(stepsAfter(1.4, 0.001, 72)).toBe(1.4);
});
