import { describe, expect, it } from 'vitest';
import { asShared, ownPath, sharedPath } from './own-pages';

const HERE = 'https://hospital.example';

describe('a page beside the stage', () => {
  it.each([
    ['/imaging', '/imaging'],
    [' /patients/p1 ', '/patients/p1'],
    ['https://hospital.example/teaching/t1', '/teaching/t1'],
  ])('%s is one of this hospital', (typed, path) => {
    expect(ownPath(typed, HERE)).toBe(path);
  });

  it.each(['', 'https://elsewhere.example/imaging', '//elsewhere.example/imaging', 'javascript:alert(1)', 'data:text/html,x', 'https://user@hospital.example/imaging', '/api/patients', '/rooms/r1', '/no/such/page'])(
    '%j is not',
    (typed) => {
      expect(ownPath(typed, HERE)).toBeUndefined();
    },
  );

  it('is shared by words that carry a mark, and by no others', () => {
    expect(sharedPath(asShared('/imaging'), HERE)).toBe('/imaging');
    expect(sharedPath('⧉ https://elsewhere.example/', HERE)).toBeUndefined();
    expect(sharedPath('/imaging', HERE)).toBeUndefined();
  });
});
