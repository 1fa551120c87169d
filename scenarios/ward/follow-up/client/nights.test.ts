import { expect, it } from 'vitest';
import { barOf } from './nights';

it('draws a night as one that counts by the hours that the hospital tells', () => {
  expect([null, 0, 3.9, 4, 7].map((hours) => barOf(hours, 4))).toEqual(['unknown', 'short', 'short', 'counted', 'counted']);
  expect(barOf(4, 5)).toBe('short');
});
