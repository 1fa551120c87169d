import { subtract, voxelFromLps, type Vec3, type VoxelGrid } from '../frames';

/** HU at voxel coordinates by trilinear interpolation; undefined outside the scan. */
export function sampleHu(hu: Int16Array, size: Vec3, v: Vec3): number | undefined {
  const [nx, ny, nz] = size;
  const inside = v.every((c, i) => c >= -0.5 && c <= (size[i] ?? 0) - 0.5);
  if (!inside) return undefined;
  const [x, y, z] = [clamp(v[0], nx), clamp(v[1], ny), clamp(v[2], nz)];
  const [x0, y0, z0] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  const [fx, fy, fz] = [x - x0, y - y0, z - z0];
  const dx = x0 + 1 < nx ? 1 : 0;
  const dy = y0 + 1 < ny ? nx : 0;
  const dz = z0 + 1 < nz ? nx * ny : 0;
  const i = (z0 * ny + y0) * nx + x0;
  const at = (k: number): number => hu[k] ?? 0;
  const line = (k: number): number => at(k) * (1 - fx) + at(k + dx) * fx;
  const plane = (k: number): number => line(k) * (1 - fy) + line(k + dy) * fy;
  return plane(i) * (1 - fz) + plane(i + dz) * fz;
}

function clamp(value: number, n: number): number {
  return Math.min(Math.max(value, 0), n - 1);
}

export interface Ray {
  readonly origin_lps_mm: Vec3;
  /** Need not have length 1. */
  readonly direction_lps: Vec3;
}

/** Where a ray enters and leaves the scan's box, in multiples of its direction; undefined if it misses. */
export function boxInterval(grid: VoxelGrid, ray: Ray): readonly [number, number] | undefined {
  const from = voxelFromLps(grid, ray.origin_lps_mm);
  const zero = voxelFromLps(grid, [0, 0, 0]);
  const along = subtract(voxelFromLps(grid, ray.direction_lps), zero);
  let near = 0;
  let far = Infinity;
  for (const i of [0, 1, 2] as const) {
    const [low, high] = [-0.5, grid.size[i] - 0.5];
    if (Math.abs(along[i]) < 1e-9) {
      if (from[i] < low || from[i] > high) return undefined;
      continue;
    }
    const [a, b] = [(low - from[i]) / along[i], (high - from[i]) / along[i]];
    near = Math.max(near, Math.min(a, b));
    far = Math.min(far, Math.max(a, b));
  }
  return near <= far ? [near, far] : undefined;
}

export interface PickOptions {
  readonly threshold_hu: number;
  /** Points for which this is false are cut away. */
  readonly keep?: (point_lps_mm: Vec3) => boolean;
  readonly step_mm?: number;
}

/** The first point along the ray with at least the threshold, refined by bisection. */
export function firstHit(hu: Int16Array, grid: VoxelGrid, ray: Ray, options: PickOptions): Vec3 | undefined {
  const span = boxInterval(grid, ray);
  if (!span) return undefined;
  const length = Math.hypot(...ray.direction_lps);
  const step = (options.step_mm ?? Math.min(...grid.spacing_mm)) / length;
  const point = (t: number): Vec3 => [
    ray.origin_lps_mm[0] + ray.direction_lps[0] * t,
    ray.origin_lps_mm[1] + ray.direction_lps[1] * t,
    ray.origin_lps_mm[2] + ray.direction_lps[2] * t,
  ];
  const dense = (t: number): boolean => {
    const p = point(t);
    if (options.keep && !options.keep(p)) return false;
    return (sampleHu(hu, grid.size, voxelFromLps(grid, p)) ?? -Infinity) >= options.threshold_hu;
  };
  for (let t = span[0]; t <= span[1]; t += step) {
    if (!dense(t)) continue;
    let [before, after] = [Math.max(span[0], t - step), t];
    for (let i = 0; i < 6; i++) {
      const middle = (before + after) / 2;
      if (dense(middle)) after = middle;
      else before = middle;
    }
    return point(after);
  }
  return undefined;
}
