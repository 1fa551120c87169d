import { expect, test } from 'vitest';
import { typedNumber } from './typed-number';

test.each([
  ['12', 12],
  [' 2,5 ', 2.5],
  ['３６。５', 36.5],
  ['１６５', 165],
  ['', undefined],
  [' ', undefined],
  ['3,o', undefined],
  ['∞', undefined],
])('“%s” is %s', (typed, number) => {
  expect(typedNumber(typed)).toBe(number);
});
