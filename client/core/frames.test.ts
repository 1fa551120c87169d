import { describe, expect, it } from 'vitest';
import { centreLps, letterOf, localFromLps, localFromUnit, lpsFromLocal, lpsFromVoxel, voxelFromLps, type VoxelGrid } from './frames';

/** A tilted grid: rotated by 30° about S, anisotropic. */
const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
const tilted: VoxelGrid = { size: [10, 20, 30], spacing_mm: [0.7, 0.8, 2.5], origin_lps_mm: [-100, -50, 700], direction_lps: [c, s, 0, -s, c, 0, 0, 0, 1] };

describe('patient and room', () => {
  it('stands the patient up, facing +Z, left to the right of the viewer', () => {
    expect(localFromLps([1000, 0, 0])).toEqual([1, 0, -0]);
    expect(localFromLps([0, 0, 1000])).toEqual([0, 1, -0]);
    expect(localFromLps([0, -1000, 0])).toEqual([0, 0, 1]);
  });

  it('comes back', () => {
    const back = lpsFromLocal(localFromLps([12.5, -30, 641]));
    [12.5, -30, 641].forEach((v, i) => expect(back[i]).toBeCloseTo(v, 9));
  });

  it('finds voxels of a tilted scan and back', () => {
    const lps = lpsFromVoxel(tilted, [3, 4, 5]);
    expect(lps[0]).toBeCloseTo(-100 + c * 2.1 - s * 3.2, 9);
    expect(lps[1]).toBeCloseTo(-50 + s * 2.1 + c * 3.2, 9);
    [3, 4, 5].forEach((v, i) => expect(voxelFromLps(tilted, lps)[i]).toBeCloseTo(v, 9));
  });

  it('puts the middle of the unit cube at the hologram’s origin and its corner half a voxel out', () => {
    const m = localFromUnit(tilted);
    const at = (u: number): number[] => [0, 1, 2].map((row) => u * ((m[row] ?? 0) + (m[4 + row] ?? 0) + (m[8 + row] ?? 0)) + (m[12 + row] ?? 0));
    at(0.5).forEach((v) => expect(v).toBeCloseTo(0, 12));
    const corner = lpsFromVoxel(tilted, [-0.5, -0.5, -0.5]);
    const centre = centreLps(tilted);
    const expected = localFromLps([corner[0] - centre[0], corner[1] - centre[1], corner[2] - centre[2]]);
    at(0).forEach((v, i) => expect(v).toBeCloseTo(expected[i] ?? NaN, 9));
  });

  it('names directions', () => {
    expect([letterOf([1, 0, 0]), letterOf([-0.9, 0.3, 0]), letterOf([0, -1, 0.2]), letterOf([0, 0, 1])]).toEqual(['L', 'R', 'A', 'H']);
  });
});
