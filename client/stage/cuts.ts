import { type Matrix4, Plane as ClipPlane, Vector3, type Vector4 } from 'three';
import { dot, localFromLps, type Vec3 } from '../core/frames';
import type { CropBox, Plane } from './room-view';

/** Far enough that a plane there cuts nothing. */
const NOWHERE_M = 1e6;
/** The sides of a crop box. */
export const CROP_SIDES = 6;

/** The six planes of a box: what lies beyond any of them is outside. */
export function sidesOf({ min_lps_mm, max_lps_mm }: CropBox): Plane[] {
  return ([0, 1, 2] as const).flatMap((axis) => {
    const along = (sign: number): Vec3 => [axis === 0 ? sign : 0, axis === 1 ? sign : 0, axis === 2 ? sign : 0];
    return [
      { normal_lps: along(1), offset_mm: max_lps_mm[axis] },
      { normal_lps: along(-1), offset_mm: -min_lps_mm[axis] },
    ];
  });
}

/** Whether a box holds a point; no box holds them all. */
export function inBox(box: CropBox | null | undefined, point: Vec3): boolean {
  return !box || ([0, 1, 2] as const).every((axis) => point[axis] >= box.min_lps_mm[axis] && point[axis] <= box.max_lps_mm[axis]);
}

/** The cutting plane and the sides of the crop box, as surfaces and as rays through the volume need them. */
export class Cuts {
  /** In the room, for surfaces: the cutting plane first. */
  readonly planes: readonly ClipPlane[] = Array.from({ length: 1 + CROP_SIDES }, () => new ClipPlane(new Vector3(0, 1, 0), NOWHERE_M));
  readonly #centre: Vec3;

  /** `centre_lps_mm` is the middle of the scan, by which it is placed. */
  constructor(centre_lps_mm: Vec3) {
    this.#centre = centre_lps_mm;
  }

  /** Puts all planes where they are now; `clip` and `crop` are the rays' own, in the unit cube. */
  set(state: { readonly clip: Plane | null; readonly crop?: CropBox | null }, root: Matrix4, unit: Matrix4, clip: Vector4, crop: readonly Vector4[]): void {
    this.#put(0, state.clip ?? undefined, root, unit, clip);
    const sides = state.crop ? sidesOf(state.crop) : [];
    crop.forEach((uniform, i) => this.#put(1 + i, sides[i], root, unit, uniform));
  }

  #put(at: number, plane: Plane | undefined, root: Matrix4, unit: Matrix4, uniform: Vector4): void {
    const own = this.planes[at];
    if (!own) return;
    if (!plane) {
      uniform.set(0, 0, 0, 0);
      own.setComponents(0, 1, 0, NOWHERE_M);
      return;
    }
    // In the room: three keeps what lies on the side to which the normal points, the record what lies against it.
    const normal = new Vector3(...localFromLps(plane.normal_lps)).normalize();
    const offset = (plane.offset_mm - dot(plane.normal_lps, this.#centre)) * 0.001;
    own.setComponents(-normal.x, -normal.y, -normal.z, offset).applyMatrix4(root);
    // In the unit cube: n · (M u + o) ≤ d becomes (Mᵀ n) · u ≤ d − n · o.
    const e = unit.elements;
    const column = (i: number): Vector3 => new Vector3(e[i] ?? 0, e[i + 1] ?? 0, e[i + 2] ?? 0);
    uniform.set(normal.dot(column(0)), normal.dot(column(4)), normal.dot(column(8)), offset - normal.dot(column(12)));
  }
}
