/** Where people are around the table by the numbers that the room gives them: the same for everybody (ADR 78). */
import type { Vec3 } from './frames';

/** The nearest places: behind the table, and at its sides, so that nobody stands between one's eyes and the hologram. */
const RADIUS_M = 1.32;
const BEHIND = [0.74, 1.38, 2.02];
/** Rings of places around them, as many as there are people in the fullest room, who come because they are needed included. */
const RINGS = [
  { radius_m: 2.11, places: 16, free_rad: 2.27 },
  { radius_m: 2.9, places: 22, free_rad: 1.05 },
  { radius_m: 3.69, places: 28, free_rad: 0.9 },
] as const;
/** How high the eyes are of who stands there. */
export const EYES_M = 1.5;

interface Place {
  /** About the table, 0 being the front. */
  readonly angle: number;
  readonly radius_m: number;
}

/** All places: those first where no place of the hospital has furniture, the nearest ring first, left and right in turn from the back. */
export const PLACES: readonly Place[] = [
  ...BEHIND.flatMap((aside) => [-aside, aside].map((angle) => ({ angle: Math.PI + angle, radius_m: RADIUS_M }))),
  ...RINGS.flatMap((ring) => ringOf(ring).filter(({ angle }) => Math.cos(angle) >= Math.cos(ring.free_rad))),
  ...RINGS.flatMap((ring) => ringOf(ring).filter(({ angle }) => Math.cos(angle) < Math.cos(ring.free_rad))),
];

function ringOf({ radius_m, places }: (typeof RINGS)[number]): Place[] {
  return Array.from({ length: places / 2 }, (_, i) => ((places - 1 - 2 * i) * Math.PI) / places).flatMap((angle) => [-angle, angle].map((one) => ({ angle: one, radius_m })));
}

/** The place with a number; who has none, as in older recordings, is in the middle of the back. */
export function placeAt(place: number): Place {
  return PLACES[place] ?? { angle: Math.PI, radius_m: RADIUS_M };
}

/** Where the eyes are of who stands at a place. */
export function eyesAt(place: number): Vec3 {
  const { angle, radius_m } = placeAt(place);
  return [Math.sin(angle) * radius_m, EYES_M, Math.cos(angle) * radius_m];
}
