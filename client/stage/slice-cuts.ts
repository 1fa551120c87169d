/** What the cutting plane and the crop box leave of a slice. */
import { add, dot, subtract, type Vec3 } from '../core/frames';
import { sidesOf } from './cuts';
import type { CropBox, Plane } from './room-view';

/** A slice that lies on a plane lies beside it by rounding alone. */
const BESIDE_MM = 1e-3;

export interface SliceCuts {
  /** The corners of what is left, in turn; none where all of it is cut away. */
  readonly left: readonly Vec3[];
  /** Where the cutting plane meets the slice. */
  readonly line: readonly [Vec3, Vec3] | undefined;
  /** The corners of what the box holds. */
  readonly box: readonly Vec3[];
}

/** Of a slice by its corners, in turn; nothing where nothing is cut. */
export function cutsOf(corners: readonly Vec3[], clip: Plane | null | undefined, crop: CropBox | null | undefined): SliceCuts | undefined {
  if (!clip && !crop) return undefined;
  const box = crop ? sidesOf(crop).reduce(leftOf, corners) : [];
  const [a, b] = clip ? edges(corners, clip).flatMap(({ crossing }) => (crossing ? [crossing] : [])) : [];
  const held = crop ? box : corners;
  return { left: clip ? leftOf(held, clip) : held, line: a && b && [a, b], box };
}

/** What of a flat piece lies on this side of a plane. */
function leftOf(piece: readonly Vec3[], plane: Plane): readonly Vec3[] {
  return edges(piece, plane).flatMap(({ from, isLeft, crossing }) => [...(isLeft ? [from] : []), ...(crossing ? [crossing] : [])]);
}

/** Each edge by where it begins, and where it meets the plane. */
function edges(piece: readonly Vec3[], { normal_lps, offset_mm }: Plane): { readonly from: Vec3; readonly isLeft: boolean; readonly crossing: Vec3 | undefined }[] {
  const beyond = (point: Vec3): number => dot(normal_lps, point) - offset_mm;
  return piece.map((from, i) => {
    const to = piece[(i + 1) % piece.length] ?? from;
    const [a, b] = [beyond(from), beyond(to)];
    const isLeft = a <= BESIDE_MM;
    const crossing = isLeft === b <= BESIDE_MM ? undefined : add(from, subtract(to, from), a / (a - b));
    return { from, isLeft, crossing };
  });
}
