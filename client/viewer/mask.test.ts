import { describe, expect, it } from 'vitest';
import { lpsFromVoxel } from '../core/frames';
import type { VoxelGrid } from '../core/frames';
import { boxedOf, centreOf, countOf, cut, maskOf, outlineOf, stroked } from './mask';
import type { Plane } from './plane';

const GRID: VoxelGrid = { size: [40, 40, 20], spacing_mm: [0.5, 0.5, 2], origin_lps_mm: [-10, 5, 100], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
const axial = (z: number): Plane => ({
  columns: 40,
  rows: 40,
  spacing_mm: [0.5, 0.5],
  spacingSource: 'patient',
  thickness_mm: 2,
  place: { origin_lps_mm: lpsFromVoxel(GRID, [0, 0, z]), right_lps: [1, 0, 0], down_lps: [0, 1, 0], frameOfReference: undefined },
});
/** Coronal, feet down: rows run from the head to the feet. */
const coronal = (y: number): Plane => ({
  columns: 40,
  rows: 20,
  spacing_mm: [0.5, 2],
  spacingSource: 'patient',
  thickness_mm: 0.5,
  place: { origin_lps_mm: lpsFromVoxel(GRID, [0, y, 19]), right_lps: [1, 0, 0], down_lps: [0, 0, -1], frameOfReference: undefined },
});
const one = maskOf(GRID, { origin: [10, 12, 5], size: [2, 1, 1], runs: [0, 2] });

describe('masks', () => {
  it('travel as runs', () => {
    const boxed = { origin: [1, 2, 3], size: [3, 2, 1], runs: [1, 2, 2, 1] } as const;
    const mask = maskOf(GRID, boxed);
    expect([...mask.bits]).toEqual([0, 1, 1, 0, 0, 1]);
    expect(boxedOf(mask)).toEqual(boxed);
    expect(boxedOf(one).runs).toEqual([0, 2]);
    expect(centreOf(one)).toEqual(lpsFromVoxel(GRID, [10.5, 12, 5]));
  });

  it('are cut by planes along and across their grid', () => {
    expect(cut(one, axial(4))).toBeUndefined();
    const section = cut(one, axial(5));
    const [x, y] = [10 - (section?.left ?? 0), 12 - (section?.top ?? 0)];
    expect(section?.bits[y * (section?.columns ?? 0) + x]).toBe(1);
    expect(section?.bits.reduce((sum, bit) => sum + bit, 0)).toBe(2);
    const across = cut(one, coronal(12));
    expect(across?.bits[(14 - (across?.top ?? 0)) * (across?.columns ?? 0) + 10 - (across?.left ?? 0)]).toBe(1);
    expect(cut(one, coronal(13))).toBeUndefined();
  });

  it('have an outline along the edges of pixels', () => {
    const section = cut(one, axial(5));
    const lines = section ? outlineOf(section) : [];
    // Two pixels side by side: two edges above, two below, one at each side.
    expect(lines).toHaveLength(6);
    expect(lines).toContainEqual([9.5, 11.5, 10.5, 11.5]);
    expect(lines).toContainEqual([11.5, 11.5, 11.5, 12.5]);
  });
});

describe('the brush', () => {
  const at = lpsFromVoxel(GRID, [20, 20, 10]);
  it('paints a ball through slices, and its volume is that of a ball', () => {
    const ball = stroked(one, { radius_mm: 5 }, [at, at], true);
    const volume_mm3 = (countOf(ball) - countOf(one)) * 0.5;
    expect(volume_mm3 / ((4 / 3) * Math.PI * 125)).toBeCloseTo(1, 1);
    // What was there before is still there, in a larger box.
    expect(cut(ball, axial(5))?.bits.reduce((sum, bit) => sum + bit, 0)).toBeGreaterThanOrEqual(2);
    expect(cut(ball, axial(12))).toBeDefined();
    expect(cut(ball, axial(13))).toBeUndefined();
  });
  it('stays in its slice where it is flat, also in a plane across', () => {
    const flat = stroked(one, { radius_mm: 3, within: axial(10) }, [at, at], true);
    expect(cut(flat, axial(10))).toBeDefined();
    expect(cut(flat, axial(9))).toBeUndefined();
    const across = stroked(one, { radius_mm: 3, within: coronal(20) }, [at, at], true);
    expect(cut(across, coronal(20))).toBeDefined();
    expect(cut(across, coronal(21))).toBeUndefined();
    expect(cut(across, axial(11))).toBeDefined();
  });
  it('erases what it painted, and leaves the first mask alone', () => {
    const painted = stroked(one, { radius_mm: 4 }, [at, lpsFromVoxel(GRID, [30, 20, 10])], true);
    expect(countOf(one)).toBe(2);
    const erased = stroked(painted, { radius_mm: 30 }, [at, at], false);
    expect(countOf(erased)).toBe(0);
    expect(stroked(erased, { radius_mm: 4 }, [at, at], false)).toBe(erased);
  });
  it('paints one voxel at least, and none outside of the volume', () => {
    const dot = stroked(one, { radius_mm: 0.1 }, [at, at], true);
    expect(countOf(dot)).toBe(3);
    const outside = lpsFromVoxel(GRID, [-30, 20, 10]);
    expect(stroked(one, { radius_mm: 2 }, [outside, outside], true)).toBe(one);
  });
});
