/**
 * One picture of a stack and where it lies. Pixel coordinates are (x to the right, y down), the centre of the first
 * pixel is (0, 0); millimetres are of the patient's frame (LPS).
 */
import { add, dot, letterOf, subtract } from '../core/frames';
import type { Letter, Vec3 } from '../core/frames';
import type { Acquisition } from './acquisition';

/** A point on a picture, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How a plane lies in the patient. */
export interface Place {
  readonly origin_lps_mm: Vec3;
  /** Unit vectors along growing x and growing y. */
  readonly right_lps: Vec3;
  readonly down_lps: Vec3;
  readonly frameOfReference: string | undefined;
}

/** Where the size of a pixel comes from; at a detector things look larger than they are. */
export type SpacingSource = 'patient' | 'detector';

export interface Plane {
  readonly columns: number;
  readonly rows: number;
  /** Millimetres between pixel centres along x and y; unknown where the picture does not say. */
  readonly spacing_mm: readonly [number, number] | undefined;
  readonly spacingSource: SpacingSource;
  readonly place: Place | undefined;
  readonly thickness_mm: number | undefined;
  /** How it was made; planes that are cut through a volume were not made, but computed. */
  readonly acquisition?: Acquisition;
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The direction in which slices follow each other. */
export function normalOf(place: Place): Vec3 {
  return cross(place.right_lps, place.down_lps);
}

/** A pixel in the patient. */
export function lpsOf(plane: Plane, at: Point): Vec3 | undefined {
  if (!plane.place || !plane.spacing_mm) return undefined;
  const along = add(plane.place.origin_lps_mm, plane.place.right_lps, at.x * plane.spacing_mm[0]);
  return add(along, plane.place.down_lps, at.y * plane.spacing_mm[1]);
}

/** A point of the patient on the plane, and how far in front of it the point lies. */
export function pixelOf(plane: Plane, point_lps_mm: Vec3): (Point & { readonly depth_mm: number }) | undefined {
  if (!plane.place || !plane.spacing_mm) return undefined;
  const from = subtract(point_lps_mm, plane.place.origin_lps_mm);
  return {
    x: dot(from, plane.place.right_lps) / plane.spacing_mm[0],
    y: dot(from, plane.place.down_lps) / plane.spacing_mm[1],
    depth_mm: dot(from, normalOf(plane.place)),
  };
}

/** The letters at the picture's edges as it is stored; a slant is written with two letters. */
export interface Edges {
  readonly right: string;
  readonly left: string;
  readonly top: string;
  readonly bottom: string;
}

const OPPOSITE: Readonly<Record<Letter, Letter>> = { L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' };
/** A direction counts as slanted when its second component is larger than this (sine of about 15°). */
const SLANT = 0.26;

/** The letters of a direction, the strongest first. */
export function lettersOf(direction_lps: Vec3): string {
  const ranked = ([0, 1, 2] as const)
    .map((axis) => ({ axis, size: Math.abs(direction_lps[axis]) }))
    .sort((a, b) => b.size - a.size);
  return ranked
    .filter(({ size }, at) => at === 0 || (at === 1 && size > SLANT))
    .map(({ axis }) => {
      const only: [number, number, number] = [0, 0, 0];
      only[axis] = direction_lps[axis];
      return letterOf(only);
    })
    .join('');
}

export function oppositeLetters(letters: string): string {
  return Array.from(letters, (letter) => OPPOSITE[letter as Letter] ?? '').join('');
}

export function edgesOf(place: Place): Edges {
  const [right, bottom] = [lettersOf(place.right_lps), lettersOf(place.down_lps)];
  return { right, left: oppositeLetters(right), bottom, top: oppositeLetters(bottom) };
}
