import { describe, expect, it } from 'vitest';
import type { NightEvents } from './course';
import { clockOf, countsOf, happened, hoursOf, placeOf, spanOf } from './events';
import { asSent } from './split';

const night: NightEvents = {
  date: '2023-08-24',
  recorded: [
    ['2023-08-24T23:30:00', '2023-08-25T00:30:00'],
    ['2023-08-25T01:00:00', '2023-08-25T03:30:00'],
  ],
  scored: [
    { at: '2023-08-25T01:10:00', lasts_s: 14, kind: 'hypopnea' },
    { at: '2023-08-25T00:10:00', lasts_s: 20, kind: 'obstructive-apnea' },
    { at: '2023-08-25T02:10:00', lasts_s: 11, kind: 'hypopnea' },
  ],
  falls: [{ at: '2023-08-25T00:10:20.5', lasts_s: 30, baseline: 95.2, lowest: 88 }],
  is_cut: false,
};

describe('what happened in a night', () => {
  it('is one list in order of time', () => {
    expect(happened(night).map(({ at, kind }) => [clockOf(at), kind])).toEqual([
      ['00:10:00', 'obstructive-apnea'],
      ['00:10:20', 'fall'],
      ['01:10:00', 'hypopnea'],
      ['02:10:00', 'hypopnea'],
    ]);
  });
  it('is counted by kind; none is said where it was looked for, and left out where it was not', () => {
    expect(countsOf(night)).toEqual([['obstructive-apnea', 1], ['hypopnea', 2], ['fall', 1]]);
    expect(countsOf({ ...night, scored: [], falls: [] })).toEqual([['hypopnea', 0], ['fall', 0]]);
    expect(countsOf({ ...night, scored: null, falls: null })).toEqual([]);
  });
  it('has its places between the first and the last that was recorded, over midnight', () => {
    const span = spanOf(night);
    expect(span.seconds).toBe(4 * 3600);
    expect(placeOf('2023-08-25T01:30:00', span)).toBe(0.5);
    expect(hoursOf(span)).toEqual([
      { place: 0.125, clock: '00:00' },
      { place: 0.375, clock: '01:00' },
      { place: 0.625, clock: '02:00' },
      { place: 0.875, clock: '03:00' },
    ]);
  });
  it('goes beyond what was recorded where the device says so', () => {
    const late = { ...night, recorded: [], scored: [{ at: '2023-08-25T05:00:00', lasts_s: 9, kind: 'apnea' as const }], falls: null };
    expect(spanOf(late).seconds).toBe(1);
    expect(placeOf('2023-08-25T05:00:00', spanOf(late))).toBe(0);
  });
});

describe('blows that were sent', () => {
  it('go in two parts in order of time; what is left out is in neither', () => {
    expect(asSent(new Map([[30, 'after'], [10, 'before'], [40, 'out'], [20, 'after']]))).toEqual({ before: [10], after: [20, 30] });
  });
});
