/**
 * The one place where the patient's frame and the room's frame meet.
 * Patient: DICOM LPS, millimetres. Hologram-local: metres, Y up, `(L, S, −P) × 0.001`,
 * so that a patient at scale 1 stands life-sized and faces +Z.
 */
export type Vec3 = readonly [number, number, number];
/** `[x, y, z, w]` */
export type Quat = readonly [number, number, number, number];

/** Where a hologram stands: `position_m` is the place of the centre of its scan. */
export interface Transform {
  readonly position_m: Vec3;
  readonly rotation: Quat;
  readonly scale: number;
}

/** How voxels lie in the patient; `direction_lps` holds the columns x, y, z. */
export interface VoxelGrid {
  readonly size: Vec3;
  readonly spacing_mm: Vec3;
  readonly origin_lps_mm: Vec3;
  readonly direction_lps: readonly number[];
}

export function localFromLps(p: Vec3): Vec3 {
  return [p[0] * 0.001, p[2] * 0.001, -p[1] * 0.001];
}

export function lpsFromLocal(p: Vec3): Vec3 {
  return [p[0] * 1000, -p[2] * 1000, p[1] * 1000];
}

/** Column `axis` of the direction matrix: the way in which that voxel index grows. */
export function voxelAxis(grid: VoxelGrid, axis: 0 | 1 | 2): Vec3 {
  const d = grid.direction_lps;
  return [d[axis * 3] ?? 0, d[axis * 3 + 1] ?? 0, d[axis * 3 + 2] ?? 0];
}

/** Voxel indices (the centre of the first voxel is 0) to LPS millimetres. */
export function lpsFromVoxel(grid: VoxelGrid, v: Vec3): Vec3 {
  const [x, y, z] = [voxelAxis(grid, 0), voxelAxis(grid, 1), voxelAxis(grid, 2)];
  const s = grid.spacing_mm;
  const [a, b, c] = [v[0] * s[0], v[1] * s[1], v[2] * s[2]];
  const o = grid.origin_lps_mm;
  return [
    o[0] + x[0] * a + y[0] * b + z[0] * c,
    o[1] + x[1] * a + y[1] * b + z[1] * c,
    o[2] + x[2] * a + y[2] * b + z[2] * c,
  ];
}

/** The inverse of `lpsFromVoxel`; directions are orthonormal, so the transpose serves. */
export function voxelFromLps(grid: VoxelGrid, p: Vec3): Vec3 {
  const d = subtract(p, grid.origin_lps_mm);
  const s = grid.spacing_mm;
  return [
    dot(d, voxelAxis(grid, 0)) / s[0],
    dot(d, voxelAxis(grid, 1)) / s[1],
    dot(d, voxelAxis(grid, 2)) / s[2],
  ];
}

/** The middle of the scan's box. */
export function centreLps(grid: VoxelGrid): Vec3 {
  const [nx, ny, nz] = grid.size;
  return lpsFromVoxel(grid, [(nx - 1) / 2, (ny - 1) / 2, (nz - 1) / 2]);
}

/** The scan's edge lengths, half a voxel beyond the outer voxel centres. */
export function extentMm(grid: VoxelGrid): Vec3 {
  const { size: n, spacing_mm: s } = grid;
  return [n[0] * s[0], n[1] * s[1], n[2] * s[2]];
}

/**
 * Column-major 4×4 that takes the unit cube (the volume's texture coordinates)
 * to hologram-local metres about the scan's centre.
 */
export function localFromUnit(grid: VoxelGrid): number[] {
  const extent = extentMm(grid);
  const columns = ([0, 1, 2] as const).map((axis) => {
    const d = voxelAxis(grid, axis);
    return localFromLps([d[0] * extent[axis], d[1] * extent[axis], d[2] * extent[axis]]);
  });
  const [x, y, z] = columns as [Vec3, Vec3, Vec3];
  const o = [0, 1, 2].map((i) => -((x[i] ?? 0) + (y[i] ?? 0) + (z[i] ?? 0)) / 2);
  return [...x, 0, ...y, 0, ...z, 0, ...o, 1];
}

/** A point of the room, in metres, in the patient whose scan stands there. */
export function lpsFromRoom(grid: VoxelGrid, transform: Transform, point_m: Vec3): Vec3 {
  return add(lpsFromLocal(localFromRoom(transform, point_m)), centreLps(grid));
}

/** A point of the patient in the room, in metres, where their scan stands so: the inverse of `lpsFromRoom`. */
export function roomFromLps(grid: VoxelGrid, transform: Transform, point_lps_mm: Vec3): Vec3 {
  return roomFromLocal(transform, localFromLps(subtract(point_lps_mm, centreLps(grid))));
}

/** A point of something that stands in the room, in its own metres, in those of the room. */
export function roomFromLocal({ position_m, rotation, scale }: Transform, local_m: Vec3): Vec3 {
  return add(position_m, rotated(rotation, local_m), scale);
}

/** The inverse of `roomFromLocal`. */
export function localFromRoom({ position_m, rotation, scale }: Transform, point_m: Vec3): Vec3 {
  // Turned back, by the conjugate of its turn.
  const [x, y, z, w] = rotation;
  const [a, b, c] = rotated([-x, -y, -z, w], subtract(point_m, position_m));
  return [a / scale, b / scale, c / scale];
}

function rotated([x, y, z, w]: Quat, v: Vec3): Vec3 {
  const by = [x, y, z] as const;
  const twice = add(cross(by, v), cross(by, v));
  return add(add(v, twice, w), cross(by, twice));
}

/** The letters of the patient's directions, as printed on the edge of a slice. */
export type Letter = 'L' | 'R' | 'P' | 'A' | 'H' | 'F';

/** The letter of the patient direction to which `direction_lps` points most. */
export function letterOf(direction_lps: Vec3): Letter {
  const pairs = [['L', 'R'], ['P', 'A'], ['H', 'F']] as const;
  const sizes = direction_lps.map(Math.abs);
  const axis = sizes.indexOf(Math.max(...sizes));
  const pair = pairs[axis] ?? pairs[0];
  return (direction_lps[axis] ?? 0) >= 0 ? pair[0] : pair[1];
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function add(a: Vec3, b: Vec3, times = 1): Vec3 {
  return [a[0] + b[0] * times, a[1] + b[1] * times, a[2] + b[2] * times];
}

export function distance(a: Vec3, b: Vec3): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
