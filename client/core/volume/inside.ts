/** Masks at the size of the preview: how much of each of its voxels lies inside, 0 to 255. */
import { voxelFromLps } from '../frames';
import type { Vec3 } from '../frames';
import type { VolumeStore } from './store';

/** From this share of a block, of 255, it counts as inside; the body's mask knows only all or nothing. */
export const INSIDE_SHARE = 100;
/** An inside that did not come is asked for again after so long. */
export const AGAIN_ms = 5_000;
/** So many points of a surface say whether it lies inside of another. */
const SAMPLES = 200;

/** Whether a mask holds this point; true while it is not known. */
export function holds(store: VolumeStore, mask: Uint8Array | undefined, point_lps_mm: Vec3): boolean {
  const { preview } = store;
  if (!mask || !preview) return true;
  const voxel = voxelFromLps(store.manifest, point_lps_mm);
  const i = ([0, 1, 2] as const).map((axis) => {
    const at = Math.floor((voxel[axis] + 0.5) / store.manifest.preview.factor[axis]);
    return Math.min(preview.size[axis] - 1, Math.max(0, at));
  });
  return (mask[((i[2] ?? 0) * preview.size[1] + (i[1] ?? 0)) * preview.size[0] + (i[0] ?? 0)] ?? 255) >= INSIDE_SHARE;
}

/** Whether a mask holds most of the points of a surface. */
export function holdsMost(store: VolumeStore, mask: Uint8Array, points: number, at: (i: number) => Vec3): boolean {
  const step = Math.max(1, Math.floor(points / SAMPLES));
  let [held, asked] = [0, 0];
  for (let i = 0; i < points; i += step, asked++) if (holds(store, mask, at(i))) held += 1;
  return held * 2 > asked;
}
