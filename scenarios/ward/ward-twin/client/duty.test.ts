import { expect, test } from 'vitest';
import { untilOf } from './duty';

test('a duty ends when clocks next show the hour: today, or tomorrow where it is past', () => {
  const now = new Date(2026, 2, 2, 19, 45, 10);
  expect(untilOf('20:00', now)).toBe(new Date(2026, 2, 2, 20, 0).toISOString());
  expect(untilOf('07:30', now)).toBe(new Date(2026, 2, 3, 7, 30).toISOString());
  expect(untilOf('19:45', now)).toBe(new Date(2026, 2, 3, 19, 45).toISOString());
  expect(untilOf('', now)).toBeUndefined();
});
