import type { Vec3, VoxelGrid } from '../frames';
import type { Text } from '../language';

export interface Brick {
  /** First voxel and number of voxels along x, y, z. */
  readonly origin: Vec3;
  readonly size: Vec3;
  readonly bytes: number;
  readonly hu_range: readonly [number, number];
  readonly url: string;
}

export interface SurfaceEntry {
  readonly name: string;
  readonly label: Text;
  readonly colour: string;
  readonly method: Text;
  readonly triangles: number;
  readonly url: string;
}

export interface Lesion {
  readonly id: string;
  readonly label: Text;
  readonly source: string;
  readonly surface?: string | null;
  readonly centre_lps_mm: Vec3;
  readonly box_lps_mm: readonly number[];
  readonly volume_mm3: number;
  readonly long_axis_mm: number;
  readonly short_axis_mm: number;
  readonly mean_diameter_mm: number;
}

/** What the server says about one series' volume; see docs/contracts.md. */
export interface VolumeManifest extends VoxelGrid {
  readonly series: string;
  readonly patient: string;
  readonly hu_range: readonly [number, number];
  readonly notices: readonly { code: string; text: Text }[];
  readonly brick: number;
  /** One voxel of the preview covers `factor` voxels along x, y, z; the last may reach beyond. */
  readonly preview: { readonly size: Vec3; readonly factor: Vec3; readonly url: string };
  readonly bricks: readonly Brick[];
  readonly surfaces: readonly SurfaceEntry[];
  readonly lesions: readonly Lesion[];
}

export class ManifestError extends Error {
  override name = 'ManifestError';
}

const isVec3 = (v: unknown): v is Vec3 =>
  Array.isArray(v) && v.length === 3 && v.every((n) => Number.isFinite(n));
const isSize = (v: unknown): v is Vec3 => isVec3(v) && v.every((n) => Number.isInteger(n) && n > 0);

/** Largest volume a browser is asked to hold: 512 million voxels are 1 GiB of HU. */
const MAX_VOXELS = 512 * 1024 * 1024;

/** Checks an answer of the server once, so that nothing inside needs to doubt it. */
export function parseManifest(value: unknown): VolumeManifest {
  const m = value as Partial<VolumeManifest> | null;
  const need = (ok: boolean, what: string): void => {
    if (!ok) throw new ManifestError(`volume manifest: ${what}`);
  };
  need(typeof m === 'object' && m !== null, 'is no object');
  if (!m) throw new ManifestError('volume manifest: is no object');
  need(isSize(m.size), 'size needs three positive integers');
  need(isVec3(m.spacing_mm) && m.spacing_mm.every((s) => s > 0), 'spacing_mm needs three positive numbers');
  need(isVec3(m.origin_lps_mm), 'origin_lps_mm needs three numbers');
  need(
    Array.isArray(m.direction_lps) && m.direction_lps.length === 9 && m.direction_lps.every(Number.isFinite),
    'direction_lps needs nine numbers',
  );
  const size = m.size as Vec3;
  need(size[0] * size[1] * size[2] <= MAX_VOXELS, 'the volume is too large for a browser');
  need(isSize(m.preview?.size) && isSize(m.preview.factor) && typeof m.preview.url === 'string', 'preview needs size, factor and url');
  for (const brick of m.bricks ?? []) {
    const inside =
      isVec3(brick.origin) &&
      isSize(brick.size) &&
      brick.origin.every((o, i) => Number.isInteger(o) && o >= 0 && o + (brick.size[i] ?? 0) <= (size[i] ?? 0));
    need(inside, 'a brick lies outside the volume');
  }
  return { ...m, bricks: m.bricks ?? [], surfaces: m.surfaces ?? [], lesions: m.lesions ?? [], notices: m.notices ?? [] } as VolumeManifest;
}
