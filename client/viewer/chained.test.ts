import { expect, it } from 'vitest';
import { chained } from './chained';

it('makes one closed line of the edges of a square, however they are turned', () => {
  const [line, ...others] = chained([[0, 0, 1, 0], [0, 1, 1, 1], [0, 0, 0, 1], [1, 0, 1, 1]]);
  expect(others).toEqual([]);
  expect(line).toHaveLength(10);
  expect(line?.slice(-2)).toEqual(line?.slice(0, 2));
});

it('keeps apart what does not touch, and every piece once', () => {
  const lines = chained([[0, 0, 1, 0], [5, 5, 5, 6], [1, 0, 2, 0]]);
  expect(lines).toEqual([[0, 0, 1, 0, 2, 0], [5, 5, 5, 6]]);
});
