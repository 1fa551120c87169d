import { expect, test } from 'vitest';
import { faceOf, type Point } from './seen';

const PICTURE = { width: 320, height: 240 };

/** A face as a camera sees it: turned, nodding and tilting in the person's own terms, in degrees. */
function mesh({ turn = 0, nod = 0, tilt = 0, mouth = 0.1, at = [160, 120] }: { turn?: number; nod?: number; tilt?: number; mouth?: number; at?: readonly [number, number] } = {}): Point[] {
  const places: Record<number, readonly [own_left: number, up: number, ahead: number]> = {
    234: [-40, 0, -30],
    454: [40, 0, -30],
    10: [0, 55, 0],
    152: [0, -55, 0],
    13: [0, -24 + mouth * 15, 0],
    14: [0, -24 - mouth * 15, 0],
    78: [-15, -24, -2],
    308: [15, -24, -2],
  };
  const [a, b, c] = [turn, nod, tilt].map((degrees) => (degrees * Math.PI) / 180) as [number, number, number];
  const points: Point[] = [];
  for (const [name, [l, u, f]] of Object.entries(places)) {
    // Looking up brings the chin forward, turning left the left cheek back, tilting left the left cheek down.
    const [u1, f1] = [u * Math.cos(b) + f * Math.sin(b), f * Math.cos(b) - u * Math.sin(b)];
    const [l2, f2] = [l * Math.cos(a) + f1 * Math.sin(a), f1 * Math.cos(a) - l * Math.sin(a)];
    const [l3, u3] = [l2 * Math.cos(c) + u1 * Math.sin(c), u1 * Math.cos(c) - l2 * Math.sin(c)];
    // The camera does not mirror: the own left is on the right; the mesh has cheeks twice as deep.
    points[Number(name)] = [at[0] + l3, at[1] - u3, -f2 * (Number(name) === 234 || Number(name) === 454 ? 2 : 1)];
  }
  return points;
}

const degrees = (radians = NaN): number => (radians * 180) / Math.PI;

test('a head is seen to turn, nod and tilt, each for itself, in the terms of whoever is seen', () => {
  const straight = faceOf(mesh(), PICTURE);
  expect([straight?.turn_rad, straight?.nod_rad, straight?.tilt_rad].map(degrees)).toEqual([0, 0, 0].map((zero) => expect.closeTo(zero, 5)));
  for (const angle of [-30, -10, 20]) {
    const seen = { turn: faceOf(mesh({ turn: angle }), PICTURE), nod: faceOf(mesh({ nod: angle }), PICTURE), tilt: faceOf(mesh({ tilt: angle }), PICTURE) };
    expect(degrees(seen.turn?.turn_rad)).toBeCloseTo(angle);
    expect(degrees(seen.turn?.tilt_rad)).toBeCloseTo(0);
    expect(degrees(seen.nod?.nod_rad)).toBeCloseTo(angle);
    expect(degrees(seen.tilt?.tilt_rad)).toBeCloseTo(angle);
    expect(degrees(seen.tilt?.turn_rad)).toBeCloseTo(0);
    // However it is turned, it is as wide.
    expect(seen.turn?.width).toBeCloseTo(straight?.width ?? 0);
  }
});

test('where the face is and how far the mouth is open', () => {
  const moved = faceOf(mesh({ at: [80, 90] }), PICTURE);
  // On the left of the picture is who moved to their own right.
  expect(moved?.aside).toBeCloseTo(0.25);
  expect(moved?.up).toBeCloseTo(30 / 320);
  const open = [0, 0.25, 0.5, 0.75, 1].map((mouth) => faceOf(mesh({ mouth }), PICTURE)?.mouth ?? NaN);
  expect(open[0]).toBe(0);
  expect(open[1]).toBe(0);
  expect(open[2]).toBeGreaterThan(0.3);
  expect(open.at(-1)).toBe(1);
  for (const [i, share] of open.slice(1).entries()) expect(share).toBeGreaterThanOrEqual(open[i] ?? 1);
});

test('a mesh without its places is no face', () => {
  expect(faceOf([], PICTURE)).toBeUndefined();
  expect(faceOf(mesh().slice(0, 400), PICTURE)).toBeUndefined();
});
