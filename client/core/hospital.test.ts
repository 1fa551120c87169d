import { expect, test } from 'vitest';
import { matches, openIn } from './hospital';
import type { PatientRow } from './hospital';

test('a patient without a name or number is listed, and found by neither', () => {
  const unnamed: PatientRow = { id: 'x', name: null, sex: null, birth_date: null, mrn: null, studies: [], relation: 'care-team' };
  expect(matches(unnamed, '')).toBe(true);
  expect(matches(unnamed, 'null')).toBe(false);
  expect(matches({ ...unnamed, mrn: 'YY1' }, ' yy')).toBe(true);
});

test('where people meet counts as open beside scenarios that are planned', () => {
  expect(openIn([{ state: 'planned' }, { state: 'planned' }], 1)).toEqual({ n: 1, all: 3 });
  expect(openIn([{ state: 'open' }, { state: 'planned' }], 2)).toEqual({ n: 3, all: 4 });
  expect(openIn([{ state: 'planned' }], 0)).toEqual({ n: 0, all: 1 });
});
