import { describe, expect, it } from 'vitest';
import { lpsFromVoxel, type VoxelGrid } from '../core/frames';
import { outline, rulerLength } from './outline';
import { pixelFromVoxel, readOutside, readSlice, sliceLayout, stepped, voxelFromPixel } from './slice-geometry';
import { windowTable } from './transfer';

const grid: VoxelGrid = { size: [4, 3, 2], spacing_mm: [1, 1, 3], origin_lps_mm: [0, 0, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
/** The same patient, stored from left to right and from head to foot. */
const mirrored: VoxelGrid = { ...grid, direction_lps: [-1, 0, 0, 0, 1, 0, 0, 0, -1] };

describe('slices', () => {
  it('shows the patient’s right on the left of the screen, however the scan is stored', () => {
    for (const each of [grid, mirrored]) {
      expect(sliceLayout(each, 'axial').letters).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
      expect(sliceLayout(each, 'coronal').letters).toEqual({ left: 'R', right: 'L', top: 'H', bottom: 'F' });
      expect(sliceLayout(each, 'sagittal').letters).toEqual({ left: 'A', right: 'P', top: 'H', bottom: 'F' });
    }
  });

  it('covers what lies outside of a mask at the size of the preview, and no more', () => {
    // Two blocks across and down, each of two voxels; the second half of the scan is the second block through.
    const preview = { size: [2, 2, 2], factor: [2, 2, 1], url: '' } as const;
    const mask = Uint8Array.from([0, 0, 0, 0, 255, 40, 120, 0]);
    const cover = (each: VoxelGrid, slice: number): number[] => {
      const out = new Uint8ClampedArray(2 * 2 * 4);
      readOutside(mask, preview, sliceLayout(each, 'axial'), slice, [5, 7, 10], 0.6, out);
      expect([...out.slice(0, 3)]).toEqual([5, 7, 10]);
      return [...out.filter((_, i) => i % 4 === 3)];
    };
    expect(cover(grid, 0)).toEqual([153, 153, 153, 153]);
    expect(cover(grid, 1)).toEqual([0, 153, 0, 153]);
    expect(cover(mirrored, 1)).toEqual([153, 0, 153, 0]);
  });

  it('draws the mirrored scan mirrored, so that the picture is the same', () => {
    const grey = windowTable({ centre_hu: 0, width_hu: 2000 });
    const one = Int16Array.from({ length: 24 }, (_, i) => (i % 4) * 200 - 400);
    const picture = (each: VoxelGrid, hu: Int16Array): number[] => {
      const out = new Uint8ClampedArray(4 * 3 * 4);
      readSlice(hu, each, sliceLayout(each, 'axial'), 0, grey, out);
      return [...out.filter((_, i) => i % 4 === 0)];
    };
    const flipped = Int16Array.from(one, (_, i) => one[Math.floor(i / 4) * 4 + 3 - (i % 4)] ?? 0);
    expect(picture(mirrored, flipped)).toEqual(picture(grid, one));
    expect(picture(grid, one)[0]).toBeLessThan(picture(grid, one)[3] ?? 0);
  });

  it('finds the voxel under a pixel and back', () => {
    for (const axis of ['axial', 'coronal', 'sagittal'] as const) {
      const layout = sliceLayout(mirrored, axis);
      const { x, y, slice } = pixelFromVoxel(mirrored, layout, [1, 2, 1]);
      expect(voxelFromPixel(mirrored, layout, x, y, slice)).toEqual([1, 2, 1]);
    }
  });

  it('steps from slice to slice and stops at the ends', () => {
    const layout = sliceLayout(grid, 'axial');
    expect(stepped(grid, layout, lpsFromVoxel(grid, [1, 1, 0]), 1)).toEqual([1, 1, 3]);
    expect(stepped(grid, layout, lpsFromVoxel(grid, [1, 1, 0]), 99)).toEqual([1, 1, 3]);
    expect(stepped(grid, layout, lpsFromVoxel(grid, [1, 1, 0]), -5)).toEqual([1, 1, 0]);
  });
});

it('outlines where a surface meets a plane', () => {
  const triangle = { positions_lps_mm: Float32Array.from([0, 0, -1, 0, 0, 1, 4, 0, 1]), normals_lps: new Float32Array(9), indices: Uint32Array.from([0, 1, 2]) };
  const [line] = outline(triangle, [0, 0, 1], 0);
  expect(line?.map((p) => p[0]).sort()).toEqual([0, 2]);
  expect(outline(triangle, [0, 0, 1], 5)).toEqual([]);
});

it('chooses a ruler that fits', () => {
  expect([rulerLength(99), rulerLength(100), rulerLength(34), rulerLength(7)]).toEqual([50, 100, 20, 5]);
});
