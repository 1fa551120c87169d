/** Where a hologram is cut: a plane along the patient's axes, and a box. */
import type { CropBox, Plane } from '../stage/room-view';
import { dot, lpsFromVoxel } from './frames';
import type { Vec3, VoxelGrid } from './frames';

export const CUTS = ['axial', 'coronal', 'sagittal'] as const;
export type Cut = (typeof CUTS)[number];

/** Towards the head, the back, the patient's left: what lies beyond is cut away. */
const NORMALS: Readonly<Record<Cut, Vec3>> = {
  axial: [0, 0, 1],
  coronal: [0, 1, 0],
  sagittal: [1, 0, 0],
};
export const CUT_AXIS = { sagittal: 0, coronal: 1, axial: 2 } as const satisfies Record<Cut, 0 | 1 | 2>;
/** The server takes no box with a shorter side. */
const SHORTEST_SIDE_MM = 5;
export const AXES = [0, 1, 2] as const;
export type Axis = (typeof AXES)[number];
export const BOX_SIDES = ['min_lps_mm', 'max_lps_mm'] as const;
export type BoxSide = (typeof BOX_SIDES)[number];

/** Which of the three planes a clip is, by its normal's largest part. */
export function cutOf(clip: Plane | null): Cut | undefined {
  if (!clip) return undefined;
  const [x, y, z] = clip.normal_lps.map(Math.abs) as [number, number, number];
  if (z >= x && z >= y) return 'axial';
  return y >= x ? 'coronal' : 'sagittal';
}

/** The plane through a point. */
export function cutAt(cut: Cut, [x, y, z]: Vec3): Plane {
  return { normal_lps: NORMALS[cut], offset_mm: [x, y, z][CUT_AXIS[cut]] ?? 0 };
}

/** The plane that stands there, through a point; where none does, one along a slice. */
export function cutThrough(clip: Plane | null | undefined, cut: Cut, point: Vec3): Plane {
  return clip ? { ...clip, offset_mm: dot(clip.normal_lps, point) } : cutAt(cut, point);
}

const signOf = ({ normal_lps: [x, y, z] }: Plane): number => (x + y + z < 0 ? -1 : 1);

/** Where a plane is along the patient's axis. */
export function placeOfCut(clip: Plane): number {
  return clip.offset_mm * signOf(clip);
}

/** The same plane elsewhere along the patient's axis. */
export function movedCut(clip: Plane, to_mm: number): Plane {
  return { ...clip, offset_mm: to_mm * signOf(clip) };
}

/** The box of a scan along the patient's axes, in whole millimetres that lie inside. */
export function boxOf(grid: VoxelGrid): CropBox {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((corner) =>
    lpsFromVoxel(grid, AXES.map((axis) => (((corner >> axis) & 1) === 1 ? (grid.size[axis] ?? 1) - 1 : 0)) as unknown as Vec3),
  );
  const along = (least: boolean): Vec3 =>
    AXES.map((axis) => {
      const all = corners.map((corner) => corner[axis]);
      return least ? Math.ceil(Math.min(...all)) : Math.floor(Math.max(...all));
    }) as unknown as Vec3;
  return { min_lps_mm: along(true), max_lps_mm: along(false) };
}

/** The box with one side elsewhere, as far as the other one lets it. */
export function movedSide(box: CropBox, side: BoxSide, axis: Axis, to_mm: number): CropBox {
  const { min_lps_mm: min, max_lps_mm: max } = box;
  const bound = side === 'min_lps_mm' ? Math.min(to_mm, max[axis] - SHORTEST_SIDE_MM) : Math.max(to_mm, min[axis] + SHORTEST_SIDE_MM);
  return { ...box, [side]: box[side].map((old, i) => (i === axis ? bound : old)) };
}
