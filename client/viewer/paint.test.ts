import { expect, test } from 'vitest';
import { besides } from './paint';

test('words stand on the right, on the left where there is no room, and never outside', () => {
  expect(besides(100, 50, 400)).toBe(112);
  expect(besides(380, 50, 400)).toBe(318);
  expect(besides(90, 150, 180)).toBe(28);
  expect(besides(90, 300, 180)).toBe(2);
});
