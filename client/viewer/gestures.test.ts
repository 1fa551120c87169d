import { expect, test } from 'vitest';
import { Steps, meant, pairOf } from './gestures';

test('two fingers pinch or scroll, whichever comes first', () => {
  const start = pairOf({ x: 100, y: 100 }, { x: 200, y: 100 });
  expect(meant(start, pairOf({ x: 101, y: 103 }, { x: 201, y: 103 }))).toBe('undecided');
  expect(meant(start, pairOf({ x: 100, y: 120 }, { x: 200, y: 120 }))).toBe('scroll');
  expect(meant(start, pairOf({ x: 90, y: 100 }, { x: 210, y: 100 }))).toBe('pinch');
});

test('movement becomes whole steps, and nothing of it is lost', () => {
  const steps = new Steps(10);
  expect([4, 4, 4, -3, -20].map((distance) => steps.take(distance))).toEqual([0, 0, 1, 0, -2]);
  steps.reset();
  expect(steps.take(9)).toBe(0);
});
