import { expect, test } from 'vitest';
import { keyOf, reviewsSanctions, stands } from './sanctions';
import type { SanctionInRoom } from './sanctions';

const ONE: SanctionInRoom = {
  room: 'r', place: null, by_name: 'Li', is_open: false, may_answer: false,
  number: 4, actor: 'sun.x', name: 'Sun', grade: 'blocked', reason: 'noise', by: 'li.x', since: '2026-03-02T09:00:00Z', until: '2026-03-02T10:00:00Z', over: null, appeal: null,
};

test('a sanction stands until it is taken back or its time is over', () => {
  const [before, after] = [Date.parse('2026-03-02T09:30:00Z'), Date.parse('2026-03-02T10:00:00Z')];
  expect([stands(ONE, before), stands(ONE, after)]).toEqual([true, false]);
  expect(stands({ until: null, over: null }, after)).toBe(true);
  expect(stands({ until: null, over: '2026-03-02T09:10:00Z' }, before)).toBe(false);
});

test('one is told from the next by room and number', () => {
  expect(keyOf(ONE)).not.toBe(keyOf({ ...ONE, room: 'q' }));
  expect(keyOf(ONE)).not.toBe(keyOf({ ...ONE, number: 5 }));
});

test('managers and administrators are shown the way to the list', () => {
  expect([['manager'], ['admin'], ['expert'], []].map((roles) => reviewsSanctions({ roles }))).toEqual([true, true, false, false]);
  expect(reviewsSanctions(undefined)).toBe(false);
});
