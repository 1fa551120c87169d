import { expect, test } from 'vitest';
import type { Vec3 } from '../core/frames';
import { cutsOf } from './slice-cuts';

/** An axial slice at 5 mm, 40 mm wide and 20 deep. */
const SLICE: readonly Vec3[] = [[0, 0, 5], [40, 0, 5], [40, 20, 5], [0, 20, 5]];
const range = (points: readonly Vec3[] | undefined, axis: 0 | 1): readonly [number, number] => {
  const all = (points ?? []).map((point) => point[axis]);
  return [Math.min(...all), Math.max(...all)];
};

test('where nothing is cut there is nothing to draw', () => {
  expect(cutsOf(SLICE, null, null)).toBeUndefined();
  expect(cutsOf(SLICE, null, undefined)).toBeUndefined();
});

test('a plane across the slice is a line, and what lies beyond it is cut away', () => {
  const cuts = cutsOf(SLICE, { normal_lps: [1, 0, 0], offset_mm: 10 }, null);
  expect(cuts?.line?.map(([x]) => x)).toEqual([10, 10]);
  expect(range(cuts?.line, 1)).toEqual([0, 20]);
  expect(range(cuts?.left, 0)).toEqual([0, 10]);
  // The other way round the other part is left.
  expect(range(cutsOf(SLICE, { normal_lps: [-1, 0, 0], offset_mm: -10 }, null)?.left, 0)).toEqual([10, 40]);
});

test('a plane along the slice has no line: the slice is cut away whole, or not at all', () => {
  const at = (offset_mm: number) => cutsOf(SLICE, { normal_lps: [0, 0, 1], offset_mm }, null);
  expect(at(4)).toEqual({ left: [], line: undefined, box: [] });
  // The slice through which it goes is seen.
  for (const there of [5, 6]) expect(at(there)?.left).toEqual(SLICE);
  expect(at(6)?.line).toBeUndefined();
});

test('an oblique plane takes a corner', () => {
  const cuts = cutsOf(SLICE, { normal_lps: [Math.SQRT1_2, Math.SQRT1_2, 0], offset_mm: 10 * Math.SQRT1_2 }, null);
  expect(cuts?.left).toHaveLength(3);
  for (const point of cuts?.line ?? []) expect(point[0] + point[1]).toBeCloseTo(10);
});

test('a box leaves what it holds, and the plane cuts that too', () => {
  const crop = { min_lps_mm: [4, 6, 0], max_lps_mm: [30, 50, 9] } as const;
  const cuts = cutsOf(SLICE, { normal_lps: [1, 0, 0], offset_mm: 10 }, crop);
  expect([range(cuts?.box, 0), range(cuts?.box, 1)]).toEqual([[4, 30], [6, 20]]);
  expect([range(cuts?.left, 0), range(cuts?.left, 1)]).toEqual([[4, 10], [6, 20]]);
  // The line of the plane goes on beyond the box.
  expect(range(cuts?.line, 1)).toEqual([0, 20]);
  // Above the box nothing is left.
  expect(cutsOf(SLICE, null, { ...crop, max_lps_mm: [30, 50, 4] })).toEqual({ left: [], line: undefined, box: [] });
});
