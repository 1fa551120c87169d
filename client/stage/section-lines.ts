/** The edge of a mask in one slice of its own volume. */
import { lpsFromVoxel } from '../core/frames';
import type { Vec3 } from '../core/frames';
import type { VoxelMask } from '../viewer/mask';
import type { SliceLayout } from './slice-geometry';

/** Pieces of the edge between voxels inside and outside, as pairs of points (LPS, mm). */
export function sectionLines(mask: VoxelMask, { through, across, down }: SliceLayout, slice: number): [Vec3, Vec3][] {
  const depth = slice - mask.origin[through];
  if (depth < 0 || depth >= mask.size[through]) return [];
  const stride = [1, mask.size[0], mask.size[0] * mask.size[1]] as const;
  const [columns, rows] = [mask.size[across], mask.size[down]];
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= columns || y >= rows ? 0 : (mask.bits[x * stride[across] + y * stride[down] + depth * stride[through]] ?? 0);
  const corner = (x: number, y: number): Vec3 => {
    const voxel: [number, number, number] = [0, 0, 0];
    voxel[across] = mask.origin[across] + x - 0.5;
    voxel[down] = mask.origin[down] + y - 0.5;
    voxel[through] = slice;
    return lpsFromVoxel(mask.grid, voxel);
  };
  const lines: [Vec3, Vec3][] = [];
  for (let y = 0; y <= rows; y++) {
    for (let x = 0; x <= columns; x++) {
      if (at(x, y) !== at(x, y - 1)) lines.push([corner(x, y), corner(x + 1, y)]);
      if (at(x, y) !== at(x - 1, y)) lines.push([corner(x, y), corner(x, y + 1)]);
    }
  }
  return lines;
}
