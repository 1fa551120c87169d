import { letterOf, lpsFromVoxel, voxelAxis, voxelFromLps, type Letter, type Vec3, type VoxelGrid } from '../core/frames';
import { INSIDE_SHARE } from '../core/volume/inside';
import type { VolumeManifest } from '../core/volume/manifest';

export type SliceAxis = 'axial' | 'coronal' | 'sagittal';
type Index = 0 | 1 | 2;

/**
 * How one slice lies on the screen, by radiological custom: axial seen from the feet, coronal from the front,
 * sagittal from the left. Voxel axes are taken as they lie nearest to the patient's; an oblique scan is shown
 * along its own axes.
 */
export interface SliceLayout {
  /** Voxel axis across the slices, along the screen's x and along its y. */
  readonly through: Index;
  readonly across: Index;
  readonly down: Index;
  readonly flipX: boolean;
  readonly flipY: boolean;
  readonly letters: { readonly left: Letter; readonly right: Letter; readonly top: Letter; readonly bottom: Letter };
}

/** For each plane the patient direction (LPS) that goes right and the one that goes down on the screen. */
const SCREEN: Record<SliceAxis, { right: Vec3; down: Vec3 }> = {
  axial: { right: [1, 0, 0], down: [0, 1, 0] },
  coronal: { right: [1, 0, 0], down: [0, 0, -1] },
  sagittal: { right: [0, 1, 0], down: [0, 0, -1] },
};

export function sliceLayout(grid: VoxelGrid, axis: SliceAxis): SliceLayout {
  const { right, down } = SCREEN[axis];
  const taken = new Set<Index>();
  const [across, flipX] = nearest(grid, right, taken);
  taken.add(across);
  const [downAxis, flipY] = nearest(grid, down, taken);
  taken.add(downAxis);
  const through = ([0, 1, 2] as const).find((i) => !taken.has(i)) ?? 2;
  const x = signed(voxelAxis(grid, across), flipX);
  const y = signed(voxelAxis(grid, downAxis), flipY);
  return {
    through,
    across,
    down: downAxis,
    flipX,
    flipY,
    letters: { left: letterOf(signed(x, true)), right: letterOf(x), top: letterOf(signed(y, true)), bottom: letterOf(y) },
  };
}

function nearest(grid: VoxelGrid, wanted: Vec3, taken: ReadonlySet<Index>): [Index, boolean] {
  const free = ([0, 1, 2] as const).filter((i) => !taken.has(i));
  const along = (i: Index): number => {
    const d = voxelAxis(grid, i);
    return d[0] * wanted[0] + d[1] * wanted[1] + d[2] * wanted[2];
  };
  const best = free.reduce((a, b) => (Math.abs(along(b)) > Math.abs(along(a)) ? b : a));
  return [best, along(best) < 0];
}

function signed(v: Vec3, negative: boolean): Vec3 {
  return negative ? [-v[0], -v[1], -v[2]] : v;
}

/** Slice-image pixels of a voxel position (pixel centres at whole numbers), and its slice number. */
export function pixelFromVoxel(grid: VoxelGrid, layout: SliceLayout, v: Vec3): { x: number; y: number; slice: number } {
  const flip = (value: number, axis: Index, is: boolean): number => (is ? grid.size[axis] - 1 - value : value);
  return { x: flip(v[layout.across], layout.across, layout.flipX), y: flip(v[layout.down], layout.down, layout.flipY), slice: v[layout.through] };
}

export function voxelFromPixel(grid: VoxelGrid, layout: SliceLayout, x: number, y: number, slice: number): Vec3 {
  const v: [number, number, number] = [0, 0, 0];
  v[layout.across] = layout.flipX ? grid.size[layout.across] - 1 - x : x;
  v[layout.down] = layout.flipY ? grid.size[layout.down] - 1 - y : y;
  v[layout.through] = slice;
  return v;
}

/** The slice on which a point lies, within the volume. */
export function sliceOf(grid: VoxelGrid, layout: SliceLayout, point_lps_mm: Vec3): number {
  const slice = Math.round(voxelFromLps(grid, point_lps_mm)[layout.through]);
  return Math.min(grid.size[layout.through] - 1, Math.max(0, slice));
}

/** A point moved by whole slices, kept within the volume. */
export function stepped(grid: VoxelGrid, layout: SliceLayout, point_lps_mm: Vec3, slices: number): Vec3 {
  const v = [...voxelFromLps(grid, point_lps_mm)] as [number, number, number];
  v[layout.through] = Math.min(grid.size[layout.through] - 1, Math.max(0, Math.round(v[layout.through]) + slices));
  return lpsFromVoxel(grid, v);
}

/** Reads one slice as grey bytes into RGBA, x to the right and y down on the screen. */
export function readSlice(hu: Int16Array, grid: VoxelGrid, layout: SliceLayout, slice: number, grey: Uint8ClampedArray, out: Uint8ClampedArray): void {
  const { width, height, dx, dy, first } = orderOf(grid.size, layout, slice);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = first + y * dy;
    for (let x = 0; x < width; x++, from += dx, to += 4) {
      const value = hu[from] ?? -1024;
      const g = grey[value < -1024 ? 0 : value > 3072 ? 4096 : value + 1024] ?? 0;
      out[to] = out[to + 1] = out[to + 2] = g;
      out[to + 3] = 255;
    }
  }
}

/** Reads what of one slice lies outside of a mask at the size of the preview into RGBA: covered so much, and clear inside. */
export function readOutside(mask: Uint8Array, { size, factor }: VolumeManifest['preview'], layout: SliceLayout, slice: number, [red, green, blue]: readonly [number, number, number], cover: number, out: Uint8ClampedArray): void {
  const { width, height, dx, dy, first } = orderOf(size, layout, Math.floor((slice + 0.5) / factor[layout.through]));
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = first + y * dy;
    for (let x = 0; x < width; x++, from += dx, to += 4) {
      [out[to], out[to + 1], out[to + 2]] = [red, green, blue];
      out[to + 3] = (mask[from] ?? 0) >= INSIDE_SHARE ? 0 : cover * 255;
    }
  }
}

/** Where voxels of a slice lie in memory, x to the right and y down on the screen. */
function orderOf(size: Vec3, { through, across, down, flipX, flipY }: SliceLayout, slice: number): { readonly width: number; readonly height: number; readonly dx: number; readonly dy: number; readonly first: number } {
  const stride = [1, size[0], size[0] * size[1]] as const;
  const [width, height] = [size[across], size[down]];
  const first = slice * stride[through] + (flipX ? (width - 1) * stride[across] : 0) + (flipY ? (height - 1) * stride[down] : 0);
  return { width, height, dx: stride[across] * (flipX ? -1 : 1), dy: stride[down] * (flipY ? -1 : 1), first };
}
