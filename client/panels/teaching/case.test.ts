import { expect, test } from 'vitest';
import { distance_mm } from './case';

test('a distance counts columns along x and rows along y', () => {
  expect(distance_mm([0, 0], [3, 0], [2, 0.5])).toBe(1.5);
  expect(distance_mm([0, 0], [0, 3], [2, 0.5])).toBe(6);
  expect(distance_mm([1, 1], [4, 5], [1, 1])).toBe(5);
  expect(distance_mm([7, 7], [7, 7], [1, 1])).toBe(0);
});
