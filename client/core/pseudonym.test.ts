import { expect, test } from 'vitest';
import { looksOf, opensPseudonyms } from './pseudonym';

test('what somebody looks like under a pseudonym says nothing of who it is', () => {
  const [one, other] = ['pseudonym.4f7', 'pseudonym.0a1'].map((actor) => looksOf({ actor, colour: actor === 'pseudonym.4f7' ? '#e69f00' : '#56b4e9' }));
  expect(one).toEqual(other);
  expect(looksOf({ actor: 'pseudonym.4f7', colour: '#e69f00', figure: 2 })).toEqual({ ...one, figure: 2 });
  expect(looksOf({ actor: 'li.terminal', colour: '#e69f00' })).toEqual({ account: 'li.terminal', colour: '#e69f00' });
});

test.each([
  [['expert'], true],
  [['terminal-doctor', 'manager'], true],
  [['admin'], true],
  [['nurse'], false],
  [['patient'], false],
  [[], false],
])('who is %j is shown the way to ask who it is: %j', (roles, may) => {
  expect(opensPseudonyms({ roles })).toBe(may);
  expect(opensPseudonyms(undefined)).toBe(false);
});
