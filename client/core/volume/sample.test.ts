import { describe, expect, it } from 'vitest';
import type { VoxelGrid } from '../frames';
import { RangeGrid } from './occupancy';
import { boxInterval, firstHit, sampleHu } from './sample';

const grid: VoxelGrid = { size: [20, 20, 20], spacing_mm: [1, 1, 2], origin_lps_mm: [100, 0, -50], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] };

/** Air with a slab of bone from voxel y = 8 on. */
function slab(): Int16Array {
  return Int16Array.from({ length: 8000 }, (_, i) => (Math.floor(i / 20) % 20 >= 8 ? 700 : -1000));
}

describe('rays through a volume', () => {
  it('enters and leaves the box half a voxel beyond its voxel centres', () => {
    const span = boxInterval(grid, { origin_lps_mm: [110, -100, -30], direction_lps: [0, 1, 0] });
    expect(span?.[0]).toBeCloseTo(99.5, 9);
    expect(span?.[1]).toBeCloseTo(119.5, 9);
    expect(boxInterval(grid, { origin_lps_mm: [90, -100, -30], direction_lps: [0, 1, 0] })).toBeUndefined();
  });

  it('finds the surface to a fraction of a voxel, however long the direction', () => {
    for (const length of [1, 0.01, 1000]) {
      const hit = firstHit(slab(), grid, { origin_lps_mm: [110, -40, -30], direction_lps: [0, length, 0] }, { threshold_hu: -150 });
      expect(hit?.[1]).toBeCloseTo(7.5, 1);
      expect(hit?.[0]).toBeCloseTo(110, 6);
    }
  });

  it('does not see what is cut away', () => {
    const hit = firstHit(slab(), grid, { origin_lps_mm: [110, -40, -30], direction_lps: [0, 1, 0] }, { threshold_hu: 300, keep: (p) => p[1] > 12 });
    expect(hit?.[1]).toBeCloseTo(12, 1);
  });

  it('knows no HU outside', () => {
    expect(sampleHu(slab(), grid.size, [21, 3, 3])).toBeUndefined();
    expect(sampleHu(slab(), grid.size, [3, 7.5, 3])).toBeCloseTo(-150, 6);
  });
});

describe('empty space', () => {
  it('marks the cells in which something can show, and those whose neighbour reaches in', () => {
    const ranges = new RangeGrid([24, 8, 8]);
    const hu = new Int16Array(24 * 8 * 8).fill(-1000);
    hu[8] = 500; // first voxel of the second cell: the first cell interpolates towards it
    ranges.update(hu, [0, 0, 0], [24, 8, 8]);
    const shows = Array.from({ length: 100 }, (_, i) => (i * 50 - 1024 > 200 ? 1 : 0));
    expect([...ranges.occupied(shows, -1024, 50)]).toEqual([255, 255, 0]);
  });

  it('follows a brick that comes later', () => {
    const ranges = new RangeGrid([16, 16, 16]);
    const hu = new Int16Array(4096).fill(-1024);
    ranges.update(hu, [0, 0, 0], [16, 16, 16]);
    const shows = [0, 1];
    expect([...ranges.occupied(shows, 0, 1000)].some((v) => v > 0)).toBe(false);
    hu[4095] = 1000;
    ranges.update(hu, [8, 8, 8], [8, 8, 8]);
    expect([...ranges.occupied(shows, 0, 1000)].filter((v) => v > 0)).toHaveLength(1);
  });
});
