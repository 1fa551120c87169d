import { expect, it } from 'vitest';
import type { Vec3, VoxelGrid } from '../core/frames';
import type { VoxelMask } from '../viewer/mask';
import { surfaceOf } from './mask-surface';

const GRID: VoxelGrid = { size: [40, 40, 40], spacing_mm: [1, 1, 2], origin_lps_mm: [-20, -20, -40], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] };

/** A ball of a radius in voxels about the middle of a box. */
function ball(side: number, radius: number): VoxelMask {
  const bits = new Uint8Array(side ** 3);
  const middle = (side - 1) / 2;
  bits.forEach((_, at) => {
    const [x, y, z] = [at % side, Math.floor(at / side) % side, Math.floor(at / side ** 2)];
    bits[at] = Number(Math.hypot(x - middle, y - middle, z - middle) <= radius);
  });
  return { grid: GRID, origin: [10, 10, 10], size: [side, side, side], bits };
}

/** The volume that a closed surface encloses: positive where its triangles turn outwards. */
function enclosed({ positions_lps_mm: p, indices }: ReturnType<typeof surfaceOf>): number {
  const point = (at: number): Vec3 => [p[at * 3] ?? 0, p[at * 3 + 1] ?? 0, p[at * 3 + 2] ?? 0];
  let six = 0;
  for (let at = 0; at < indices.length; at += 3) {
    const [a, b, c] = [point(indices[at] ?? 0), point(indices[at + 1] ?? 0), point(indices[at + 2] ?? 0)];
    six += a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
  }
  return six / 6;
}

it('encloses about as much as the voxels do, each edge between two triangles', () => {
  const mask = ball(13, 5);
  const surface = surfaceOf(mask);
  const voxels = mask.bits.reduce((sum, bit) => sum + bit, 0) * 2;
  expect(enclosed(surface) / voxels).toBeGreaterThan(0.85);
  expect(enclosed(surface) / voxels).toBeLessThan(1.01);
  const edges = new Map<string, number>();
  const { indices } = surface;
  for (let at = 0; at < indices.length; at += 3) {
    const corners = [indices[at] ?? 0, indices[at + 1] ?? 0, indices[at + 2] ?? 0];
    corners.forEach((from, i) => {
      const to = corners[(i + 1) % 3] ?? 0;
      edges.set(`${from} ${to}`, (edges.get(`${from} ${to}`) ?? 0) + 1);
    });
  }
  for (const [edge, count] of edges) expect([edge, count, edges.get(edge.split(' ').reverse().join(' '))]).toEqual([edge, 1, 1]);
});

it('lies in the patient where the voxels lie', () => {
  const { positions_lps_mm: p } = surfaceOf(ball(3, 0.5));
  const along = (axis: number): number[] => [...p].filter((_, at) => at % 3 === axis);
  // The voxel (11, 11, 11): its centre lies at (-9, -9, -18).
  for (const [axis, middle, half] of [[0, -9, 0.5], [1, -9, 0.5], [2, -18, 1]] as const) {
    expect(Math.max(...along(axis))).toBeLessThanOrEqual(middle + half);
    expect(Math.min(...along(axis))).toBeGreaterThanOrEqual(middle - half);
    expect((Math.max(...along(axis)) + Math.min(...along(axis))) / 2).toBeCloseTo(middle);
  }
});
