/**
 * A mask in a box of a volume: which voxels belong to a nodule or another outlined thing. It is cut by any plane and
 * changed by a brush. Voxels lie x fastest, then y, then z; points are of the patient's frame (LPS, mm).
 */
import { add, dot, lpsFromVoxel, subtract, voxelAxis, voxelFromLps } from '../core/frames';
import type { Vec3, VoxelGrid } from '../core/frames';
import { lpsOf, normalOf, pixelOf } from './plane';
import type { Plane } from './plane';

/** A mask as it travels: runs of voxels outside and inside by turns, beginning outside. */
export interface BoxedMask {
  readonly origin: readonly [number, number, number];
  readonly size: readonly [number, number, number];
  readonly runs: readonly number[];
}

export interface VoxelMask {
  /** The volume that the box lies in. */
  readonly grid: VoxelGrid;
  /** Index of the box's first voxel, and its voxels along each axis. */
  readonly origin: Vec3;
  readonly size: Vec3;
  /** 1 inside. */
  readonly bits: Uint8Array;
}

/** What of a mask lies in a plane: a part of its pixels. */
export interface Section {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  /** 1 inside, row by row. */
  readonly bits: Uint8Array;
}

/** As the server bounds it. */
const MOST_VOXELS = 4 * 1024 * 1024;

export function maskOf(grid: VoxelGrid, { origin, size, runs }: BoxedMask): VoxelMask {
  const bits = new Uint8Array(size[0] * size[1] * size[2]);
  let [at, inside] = [0, false];
  for (const run of runs) {
    if (inside) bits.fill(1, at, at + run);
    at += run;
    inside = !inside;
  }
  return { grid, origin, size, bits };
}

export function boxedOf({ origin, size, bits }: VoxelMask): BoxedMask {
  const runs: number[] = [];
  let [run, inside] = [0, 0];
  for (const bit of bits) {
    if (bit !== inside) {
      runs.push(run);
      [run, inside] = [0, bit];
    }
    run += 1;
  }
  runs.push(run);
  return { origin: [...origin], size: [...size], runs };
}

export function countOf({ bits }: VoxelMask): number {
  let count = 0;
  for (const bit of bits) count += bit;
  return count;
}

/** The mean place of what belongs to the mask; `undefined` where nothing does. */
export function centreOf(mask: VoxelMask): Vec3 | undefined {
  const [nx, ny] = mask.size;
  let [x, y, z, count] = [0, 0, 0, 0];
  mask.bits.forEach((bit, at) => {
    if (!bit) return;
    x += at % nx;
    y += Math.floor(at / nx) % ny;
    z += Math.floor(at / (nx * ny));
    count += 1;
  });
  if (count === 0) return undefined;
  const [ox, oy, oz] = mask.origin;
  return lpsFromVoxel(mask.grid, [ox + x / count, oy + y / count, oz + z / count]);
}

/** The corners of the box, at the outer faces of its voxels. */
function cornersOf({ grid, origin, size }: VoxelMask): Vec3[] {
  return Array.from({ length: 8 }, (_, corner) => {
    const end = (axis: 0 | 1 | 2): number => origin[axis] - 0.5 + ((corner >> axis) & 1 ? size[axis] : 0);
    return lpsFromVoxel(grid, [end(0), end(1), end(2)]);
  });
}

/** Each pixel of the plane with the voxel that its centre lies in; `undefined` where the plane misses the mask. */
export function cut(mask: VoxelMask, plane: Plane): Section | undefined {
  const corners = cornersOf(mask).map((corner) => pixelOf(plane, corner));
  if (corners.some((corner) => corner === undefined)) return undefined;
  const along = (of: 'x' | 'y' | 'depth_mm'): number[] => corners.map((corner) => corner?.[of] ?? 0);
  const depths = along('depth_mm');
  if (Math.min(...depths) > 0 || Math.max(...depths) < 0) return undefined;
  const least = (of: 'x' | 'y'): number => Math.max(0, Math.floor(Math.min(...along(of))));
  const most = (of: 'x' | 'y', count: number): number => Math.min(count - 1, Math.ceil(Math.max(...along(of))));
  const [left, top] = [least('x'), least('y')];
  const [columns, rows] = [most('x', plane.columns) - left + 1, most('y', plane.rows) - top + 1];
  if (columns <= 0 || rows <= 0) return undefined;
  // Voxel indices grow evenly along a row and along a column.
  const voxelAt = (x: number, y: number): Vec3 => {
    const point = lpsOf(plane, { x, y });
    return point ? voxelFromLps(mask.grid, point) : [NaN, NaN, NaN];
  };
  const start = voxelAt(left, top);
  const [right, down] = [subtract(voxelAt(left + 1, top), start), subtract(voxelAt(left, top + 1), start)];
  const [nx, ny, nz] = mask.size;
  const bits = new Uint8Array(columns * rows);
  let any = 0;
  for (let y = 0; y < rows; y++) {
    const row = add(start, down, y);
    for (let x = 0; x < columns; x++) {
      const vx = Math.round(row[0] + right[0] * x) - mask.origin[0];
      const vy = Math.round(row[1] + right[1] * x) - mask.origin[1];
      const vz = Math.round(row[2] + right[2] * x) - mask.origin[2];
      if (vx < 0 || vy < 0 || vz < 0 || vx >= nx || vy >= ny || vz >= nz) continue;
      const bit = mask.bits[(vz * ny + vy) * nx + vx] ?? 0;
      bits[y * columns + x] = bit;
      any |= bit;
    }
  }
  return any ? { left, top, columns, rows, bits } : undefined;
}

/** The outline of a section along the edges of its pixels, as `[x0, y0, x1, y1]` in pixels of the plane. */
export function outlineOf({ left, top, columns, rows, bits }: Section): number[][] {
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= columns || y >= rows ? 0 : (bits[y * columns + x] ?? 0));
  const lines: number[][] = [];
  for (let y = 0; y <= rows; y++) {
    for (let x = 0; x <= columns; x++) {
      const [px, py] = [left + x - 0.5, top + y - 0.5];
      if (at(x, y) !== at(x, y - 1)) lines.push([px, py, px + 1, py]);
      if (at(x, y) !== at(x - 1, y)) lines.push([px, py, px, py + 1]);
    }
  }
  return lines;
}

/** What a brush touches: a ball, or what of it lies in one plane of voxels. */
export interface Brush {
  readonly radius_mm: number;
  /** The plane that a flat brush stays in; a ball where there is none. */
  readonly within?: Plane | undefined;
}

/** The mask after a stroke from one point to another; the same mask where nothing changed. */
export function stroked(mask: VoxelMask, brush: Brush, [from, to]: readonly [Vec3, Vec3], inside: boolean): VoxelMask {
  const way = subtract(to, from);
  const steps = Math.max(1, Math.ceil(Math.hypot(...way) / Math.max(0.2, brush.radius_mm / 2)));
  let out = mask;
  for (let step = 0; step <= steps; step++) {
    out = dabbed(out, brush, add(from, way, step / steps), inside);
  }
  return out;
}

function dabbed(mask: VoxelMask, brush: Brush, at: Vec3, inside: boolean): VoxelMask {
  const { grid } = mask;
  const centre = voxelFromLps(grid, at);
  const reach = grid.spacing_mm.map((spacing) => brush.radius_mm / spacing);
  const span = (axis: 0 | 1 | 2): readonly [number, number] => {
    const [middle, far] = [centre[axis], Math.max(reach[axis] ?? 0, 0.5)];
    return [Math.max(0, Math.ceil(middle - far)), Math.min(grid.size[axis] - 1, Math.floor(middle + far))];
  };
  const [[x0, x1], [y0, y1], [z0, z1]] = [span(0), span(1), span(2)];
  if (x0 > x1 || y0 > y1 || z0 > z1) return mask;
  const touches = touchOf(grid, brush, centre);
  const box = inside ? grown(mask, [x0, y0, z0], [x1, y1, z1]) : mask;
  let bits: Uint8Array | undefined;
  const [nx, ny, nz] = box.size;
  for (let z = z0; z <= z1; z++) {
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const [vx, vy, vz] = [x - box.origin[0], y - box.origin[1], z - box.origin[2]];
        if (vx < 0 || vy < 0 || vz < 0 || vx >= nx || vy >= ny || vz >= nz) continue;
        const index = (vz * ny + vy) * nx + vx;
        if (box.bits[index] === Number(inside) || !touches(x, y, z)) continue;
        bits ??= box.bits.slice();
        bits[index] = Number(inside);
      }
    }
  }
  return bits ? { ...box, bits } : mask;
}

/** Whether a voxel is touched: its centre lies within the radius, and near enough to a flat brush's plane. */
function touchOf(grid: VoxelGrid, { radius_mm, within }: Brush, centre: Vec3): (x: number, y: number, z: number) => boolean {
  const [sx, sy, sz] = grid.spacing_mm;
  const axes = [voxelAxis(grid, 0), voxelAxis(grid, 1), voxelAxis(grid, 2)] as const;
  const normal = within?.place && normalOf(within.place);
  const lean = normal && axes.map((axis) => dot(axis, normal));
  // Half a voxel's way along the normal.
  const thick = lean ? (Math.abs(lean[0] ?? 0) * sx + Math.abs(lean[1] ?? 0) * sy + Math.abs(lean[2] ?? 0) * sz) / 2 + 1e-6 : 0;
  // The voxel under the point is touched by the smallest brush too.
  const [cx, cy, cz] = centre.map(Math.round);
  return (x, y, z) => {
    const [dx, dy, dz] = [(x - centre[0]) * sx, (y - centre[1]) * sy, (z - centre[2]) * sz];
    if (lean) {
      const depth = dx * (lean[0] ?? 0) + dy * (lean[1] ?? 0) + dz * (lean[2] ?? 0);
      if (Math.abs(depth) > thick) return false;
      return dx * dx + dy * dy + dz * dz - depth * depth <= radius_mm * radius_mm || (x === cx && y === cy && z === cz);
    }
    return dx * dx + dy * dy + dz * dz <= radius_mm * radius_mm || (x === cx && y === cy && z === cz);
  };
}

/** The mask in a box that holds these voxels too; as it is where that would be too large. */
function grown(mask: VoxelMask, low: Vec3, high: Vec3): VoxelMask {
  const { origin, size } = mask;
  const axes = [0, 1, 2] as const;
  const from = axes.map((axis) => Math.min(origin[axis], low[axis]));
  const end = axes.map((axis) => Math.max(origin[axis] + size[axis], high[axis] + 1));
  const [ox, oy, oz] = from as [number, number, number];
  const [nx, ny, nz] = axes.map((axis) => (end[axis] ?? 0) - (from[axis] ?? 0)) as [number, number, number];
  if (nx === size[0] && ny === size[1] && nz === size[2]) return mask;
  if (nx * ny * nz > MOST_VOXELS) return mask;
  const bits = new Uint8Array(nx * ny * nz);
  for (let z = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      const row = (z * size[1] + y) * size[0];
      const to = ((z + origin[2] - oz) * ny + y + origin[1] - oy) * nx + origin[0] - ox;
      bits.set(mask.bits.subarray(row, row + size[0]), to);
    }
  }
  return { grid: mask.grid, origin: [ox, oy, oz], size: [nx, ny, nz], bits };
}
