/**
 * Measures on one picture. Points are in pixels; lengths and areas are in millimetres where the picture says how large
 * its pixels are, and in pixels where it does not: then nobody can know them.
 */
import type { Plane, Point } from './plane';

export type MarkKind = 'length' | 'angle' | 'rectangle' | 'ellipse' | 'probe' | 'text';

/** A mark on one picture of a stack. */
export interface Mark {
  readonly id: string;
  readonly kind: MarkKind;
  /** The picture on which it stands. */
  readonly picture: string;
  /** Length: both ends. Angle: end, corner, end. Rectangle and ellipse: two opposite corners. Else one point. */
  readonly points: readonly Point[];
  readonly text?: string;
  /** The images that it stands on; none on a plane that is cut through a volume, which no object could hold. */
  readonly of?: { readonly study: string; readonly series: string };
}

/** How many points a mark has. */
export const POINTS: Readonly<Record<MarkKind, number>> = { length: 2, angle: 3, rectangle: 2, ellipse: 2, probe: 1, text: 1 };

/** A value with its unit: `px` where the size of a pixel is not known. */
export interface Quantity {
  readonly value: number;
  readonly unit: 'mm' | 'px' | 'mm²' | 'px²' | '°';
}

/** The vector between two pixels in millimetres, or in pixels. */
function between(plane: Plane, a: Point, b: Point): readonly [number, number] {
  const [sx, sy] = plane.spacing_mm ?? [1, 1];
  return [(b.x - a.x) * sx, (b.y - a.y) * sy];
}

export function lengthOf(plane: Plane, a: Point, b: Point): Quantity {
  return { value: Math.hypot(...between(plane, a, b)), unit: plane.spacing_mm ? 'mm' : 'px' };
}

/** The angle at the corner, 0…180°; `undefined` where a leg has no length. */
export function angleOf(plane: Plane, from: Point, corner: Point, to: Point): Quantity | undefined {
  const [a, b] = [between(plane, corner, from), between(plane, corner, to)];
  const size = Math.hypot(...a) * Math.hypot(...b);
  if (size === 0) return undefined;
  const cos = (a[0] * b[0] + a[1] * b[1]) / size;
  return { value: (Math.acos(Math.min(1, Math.max(-1, cos))) * 180) / Math.PI, unit: '°' };
}

export function areaOf(plane: Plane, kind: 'rectangle' | 'ellipse', a: Point, b: Point): Quantity {
  const [w, h] = between(plane, a, b);
  const box = Math.abs(w * h);
  return { value: kind === 'ellipse' ? (box * Math.PI) / 4 : box, unit: plane.spacing_mm ? 'mm²' : 'px²' };
}

/** What the values within a region are. */
export interface Statistics {
  readonly count: number;
  readonly mean: number;
  /** Of the pixels themselves, divided by their number. */
  readonly deviation: number;
  readonly least: number;
  readonly most: number;
}

/** Values of pixels, `undefined` where there is none. */
export type ValueAt = (x: number, y: number) => number | undefined;

/** Over all pixels whose centre lies within; `undefined` where there is none. */
export function statisticsOf(plane: Plane, kind: 'rectangle' | 'ellipse', a: Point, b: Point, at: ValueAt): Statistics | undefined {
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2];
  const [rx, ry] = [(right - left) / 2, (bottom - top) / 2];
  let [count, sum, least, most] = [0, 0, Infinity, -Infinity];
  const values: number[] = [];
  for (let y = Math.max(0, Math.ceil(top)); y <= Math.min(plane.rows - 1, Math.floor(bottom)); y++) {
    for (let x = Math.max(0, Math.ceil(left)); x <= Math.min(plane.columns - 1, Math.floor(right)); x++) {
      if (kind === 'ellipse' && (rx === 0 || ry === 0 || ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 > 1)) continue;
      const value = at(x, y);
      if (value === undefined) continue;
      values.push(value);
      count += 1;
      sum += value;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  if (count === 0) return undefined;
  const mean = sum / count;
  // About the mean, in a second pass: the difference of large squares would lose the small ones.
  const spread = values.reduce((all, value) => all + (value - mean) ** 2, 0);
  return { count, mean, deviation: Math.sqrt(spread / count), least, most };
}

/** The nearest handle of a mark within reach, by index. */
export function handleAt(points: readonly Point[], at: Point, reach: number): number | undefined {
  let best: number | undefined;
  let nearest = reach;
  points.forEach((point, index) => {
    const distance = Math.hypot(point.x - at.x, point.y - at.y);
    if (distance <= nearest) [best, nearest] = [index, distance];
  });
  return best;
}

/** How far a point lies from a segment. */
export function distanceToSegment(at: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((at.x - a.x) * dx + (at.y - a.y) * dy) / length));
  return Math.hypot(at.x - a.x - t * dx, at.y - a.y - t * dy);
}
