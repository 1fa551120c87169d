import { describe, expect, it } from 'vitest';
import { between, gapsOf, moved, newestFirst, pieces, steps, valuesOf, zoomed } from './span';
import type { Bucket } from './span';

const bucket = (start: number, value = 1): Bucket => [start, value - 1, value + 1, value, 4];

it('series stand by their last readings', () => {
  const row = (at_ms: number) => ({ last: { at_ms, value: 1 } });
  const rows = [row(1), row(3), row(2)];
  expect(newestFirst(rows)).toEqual([row(3), row(2), row(1)]);
  expect(rows[0]).toEqual(row(1));
});

describe('a span of a series', () => {
  it('is zoomed around a place that stays where it is', () => {
    expect(zoomed([0, 100_000], 0.5)).toEqual([25_000, 75_000]);
    expect(zoomed([0, 100_000], 0.5, 0)).toEqual([0, 50_000]);
    expect(zoomed([0, 100_000], 2, 1)).toEqual([-100_000, 100_000]);
    // Never shorter than a second.
    expect(zoomed([0, 1_500], 0.1)).toEqual([250, 1_250]);
  });

  it('is moved, and chosen between two places in any order', () => {
    expect(moved([0, 100_000], -0.5)).toEqual([-50_000, 50_000]);
    expect(between([0, 100_000], 0.8, 0.2)).toEqual([20_000, 80_000]);
    expect(between([0, 100_000], -3, 0.5)).toEqual([0, 50_000]);
    const least = between([0, 100_000], 0.5, 0.5);
    expect(least[1] - least[0]).toBe(1_000);
  });

  it('is broken where nothing was measured, and only there', () => {
    const all = [0, 10, 20, 30, 200, 210].map((start) => bucket(start));
    const found = pieces(all, 10);
    expect(found.map((piece) => piece.length)).toEqual([4, 2]);
    expect(gapsOf(found, 10)).toEqual([[40, 200]]);
    // A pressure each quarter of an hour is no row of gaps, though the buckets are short.
    const slow = [0, 900, 1800, 2700].map((start) => bucket(start));
    expect(pieces(slow, 10)).toHaveLength(1);
    expect(gapsOf(pieces(slow, 10), 10)).toEqual([]);
    expect(pieces([], 10)).toEqual([]);
  });

  it('has an axis that holds every value', () => {
    expect(valuesOf([bucket(0, 90), bucket(1, 97)])).toEqual([89, 98]);
    expect(valuesOf([[0, 5, 5, 5, 1]])).toEqual([4, 6]);
    expect(valuesOf([])).toBeUndefined();
    expect(steps([89, 98])).toEqual([90, 95]);
    expect(steps([-0.2, 0.9])).toEqual([0, 0.5]);
  });
});
