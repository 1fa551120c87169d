import { expect, it } from 'vitest';
import type { VoxelGrid } from '../core/frames';
import { maskOf } from '../viewer/mask';
import { sectionLines } from './section-lines';
import { sliceLayout } from './slice-geometry';

const GRID: VoxelGrid = { size: [20, 20, 10], spacing_mm: [0.5, 0.5, 2], origin_lps_mm: [0, 0, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
const two = maskOf(GRID, { origin: [4, 6, 3], size: [2, 1, 1], runs: [0, 2] });

it('runs around the voxels of the slice, and is nothing elsewhere', () => {
  const axial = sliceLayout(GRID, 'axial');
  expect(sectionLines(two, axial, 2)).toEqual([]);
  const lines = sectionLines(two, axial, 3);
  expect(lines).toHaveLength(6);
  // From half a voxel before the first to half a voxel behind the second, at the height of the slice.
  const across = lines.flat().map(([x]) => x);
  expect([Math.min(...across), Math.max(...across)]).toEqual([1.75, 2.75]);
  expect(new Set(lines.flat().map(([, , z]) => z))).toEqual(new Set([6]));
});

it('is cut across too', () => {
  expect(sectionLines(two, sliceLayout(GRID, 'coronal'), 6)).toHaveLength(6);
  expect(sectionLines(two, sliceLayout(GRID, 'sagittal'), 5)).toHaveLength(4);
  expect(sectionLines(two, sliceLayout(GRID, 'sagittal'), 6)).toEqual([]);
});
