import { describe, expect, it } from 'vitest';
import { HOUR_s, placeIn, played } from './replay';

describe('a replay', () => {
  const begin = Date.UTC(2026, 0, 1, 10);

  it('stands where its moment lies, and never outside its hour', () => {
    expect(placeIn(begin, '2026-01-01T10:20:30Z')).toBe(1230);
    expect(placeIn(begin, '2026-01-01T09:00:00Z')).toBe(0);
    expect(placeIn(begin, '2026-01-01T12:00:00Z')).toBe(HOUR_s);
    expect(placeIn(undefined, '2026-01-01T10:20:30Z')).toBe(0);
    expect(placeIn(begin, 'then')).toBe(0);
  });

  it('goes on as fast as it is told, and ends with the hour', () => {
    expect(played(100, 1, 1000)).toBe(101);
    expect(played(100, 60, 1000)).toBe(160);
    expect(played(HOUR_s - 5, 10, 1000)).toBe(HOUR_s);
    expect(played(HOUR_s, 10, 1000)).toBeUndefined();
  });
});
