/** What one picture of a camera shows, reckoned from the places that are found in it. */

/** A face as one picture of a camera shows it, in the terms of whoever is seen: their left, their right. */
export interface FaceSeen {
  /** Turned to the own left, looking up, tilted to the own left, in radians. */
  readonly turn_rad: number;
  readonly nod_rad: number;
  readonly tilt_rad: number;
  /** The middle of the face from the middle of the picture, to the own right and up, in widths of the picture. */
  readonly aside: number;
  readonly up: number;
  /** How wide the face is, in widths of the picture. */
  readonly width: number;
  /** How far the mouth is open, from 0 to 1. */
  readonly mouth: number;
}

/** How many joints a hand has: the wrist, then four of each finger from the thumb on, as MediaPipe numbers them. */
export const JOINTS = 21;

/** A hand as one picture of a camera shows it, in the terms of whoever is seen. */
export interface HandSeen {
  /** How sure it is that it is one, from 0 to 1. */
  readonly score: number;
  /** From 0, surely the left one, to 1. */
  readonly right: number;
  /** Each joint from the middle of the picture, to the own right and up, in widths of the picture. */
  readonly picture: readonly (readonly [right: number, up: number])[];
  /** Each joint from the middle of the hand, to the own right, up and back. */
  readonly joints_m: readonly Point[];
}

export type Point = readonly [x: number, y: number, z: number];

/** Places of the mesh that are used, by their numbers in MediaPipe's canonical face. Left and right are the person's own. */
const MESH = { rightCheek: 234, leftCheek: 454, forehead: 10, chin: 152, upperLip: 13, lowerLip: 14, rightCorner: 78, leftCorner: 308 } as const;

/** The cheeks of the mesh lie about twice as deep as they do: measured on a drawn face that was turned by known angles. */
const CHEEKS_DEEP = 0.5;

/** Lips are this far apart, as a share of the mouth's width, where a mouth is shut, and where it is wide open. */
const [SHUT, OPEN] = [0.25, 0.75];

/** What a mesh of a face says; undefined where it has no such places. The picture is not mirrored; its y grows downward. */
export function faceOf(mesh: readonly Point[], picture: { readonly width: number; readonly height: number }): FaceSeen | undefined {
  const at = (place: keyof typeof MESH): Point | undefined => mesh[MESH[place]];
  const [right, left, forehead, chin] = [at('rightCheek'), at('leftCheek'), at('forehead'), at('chin')];
  const [upper, lower, rightCorner, leftCorner] = [at('upperLip'), at('lowerLip'), at('rightCorner'), at('leftCorner')];
  if (!right || !left || !forehead || !chin || !upper || !lower || !rightCorner || !leftCorner) return undefined;
  const across = Math.hypot(left[0] - right[0], left[1] - right[1]);
  const deep = (left[2] - right[2]) * CHEEKS_DEEP;
  const high = Math.hypot(chin[0] - forehead[0], chin[1] - forehead[1]);
  const lips = distance(upper, lower) / Math.max(1e-6, distance(rightCorner, leftCorner));
  return {
    turn_rad: Math.atan2(deep, across),
    nod_rad: Math.atan2(forehead[2] - chin[2], high),
    tilt_rad: Math.atan2(left[1] - right[1], left[0] - right[0]),
    aside: 0.5 - (left[0] + right[0]) / 2 / picture.width,
    up: (picture.height / 2 - (forehead[1] + chin[1]) / 2) / picture.width,
    // In the room a turned head is as wide as before.
    width: Math.hypot(across, deep) / picture.width,
    mouth: Math.min(1, Math.max(0, (lips - SHUT) / (OPEN - SHUT))),
  };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
