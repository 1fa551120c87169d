import { expect, test } from 'vitest';
import { matches } from './hospital';
import type { PatientRow } from './hospital';

test('a patient without a name or number is listed, and found by neither', () => {
  const unnamed: PatientRow = { id: 'x', name: null, sex: null, birth_date: null, mrn: null, studies: [], relation: 'care-team' };
  expect(matches(unnamed, '')).toBe(true);
  expect(matches(unnamed, 'null')).toBe(false);
  expect(matches({ ...unnamed, mrn: 'YY1' }, ' yy')).toBe(true);
});
