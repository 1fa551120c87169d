import { expect, test } from 'vitest';
import { mostRefused } from './security-counts';

test('what was refused most stands first', () => {
  const count = (action: string, granted: number, refused: number) => ({ action, granted, refused });
  const all = [count('read-record', 900, 1), count('administer', 0, 4), count('vote', 7, 0), count('sign', 8, 0)];
  expect(mostRefused(all).map(({ action }) => action)).toEqual(['administer', 'read-record', 'sign', 'vote']);
});
