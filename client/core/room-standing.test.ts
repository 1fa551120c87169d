import { Quaternion, Vector3 } from 'three';
import { expect, test } from 'vitest';
import type { Transform } from './frames';
import { BOARD_SPOTS, MOVES, SPOTS, freeSpot, movedBy, spotOf } from './room-standing';
import type { Move } from './room-standing';

const front = ({ rotation }: Transform): Vector3 => new Vector3(0, 0, 1).applyQuaternion(new Quaternion(...rotation));
const at = ({ position_m }: Transform): Vector3 => new Vector3(...position_m);
const times = (move: Move, count: number, from: Transform = SPOTS.left): Transform => Array.from({ length: count }).reduce<Transform>((now) => movedBy(now, move), from);

test('things stand at spots of their own until all are taken, and beside others as long as there is room', () => {
  expect(freeSpot([], [])).toBe('left');
  expect(freeSpot([SPOTS.left, SPOTS.above], [])).toBe('right');
  expect(freeSpot([SPOTS.left], [SPOTS.right])).toBe('above');
  expect(freeSpot([SPOTS.left, SPOTS.above], [SPOTS.right])).toBe('right');
  expect(freeSpot([SPOTS.left, SPOTS.above, SPOTS.right], [])).toBeUndefined();
  expect(freeSpot([], [], BOARD_SPOTS)).toBe('right');
  expect(spotOf(movedBy(SPOTS.right, 'lower'))).toBeUndefined();
});

test('each step is as whoever stands before it sees it, and its opposite takes it back', () => {
  const from = SPOTS.right;
  const ahead = front(from);
  const across = new Vector3(ahead.z, 0, -ahead.x);
  const by = (move: Move): Vector3 => at(movedBy(from, move)).sub(at(from));
  expect(by('nearer').dot(ahead)).toBeCloseTo(0.15);
  expect(by('right').dot(across)).toBeCloseTo(0.15);
  expect(by('higher').toArray()).toEqual([0, expect.closeTo(0.15), 0]);
  // Its front turns to the left hand of whoever looks at it.
  expect(front(movedBy(from, 'turn-left')).dot(across)).toBeLessThan(0);
  for (const [one, other] of [['left', 'right'], ['higher', 'lower'], ['nearer', 'farther'], ['turn-left', 'turn-right'], ['larger', 'smaller']] as const) {
    const back = movedBy(movedBy(from, one), other);
    expect(at(back).distanceTo(at(from))).toBeLessThan(1e-9);
    expect(front(back).angleTo(ahead)).toBeLessThan(1e-3);
    expect(back.scale).toBeCloseTo(from.scale);
  }
});

test('a tilted thing moves level, and a full turn ends where it began', () => {
  const from = SPOTS.above;
  expect(at(movedBy(from, 'nearer')).y).toBe(from.position_m[1]);
  expect(front(times('turn-right', 24, from)).angleTo(front(from))).toBeLessThan(1e-3);
});

test('nothing is moved out of sight', () => {
  for (const move of MOVES) {
    const { position_m: [x, y, z], scale, rotation } = times(move, 100);
    expect(Math.max(Math.abs(x), Math.abs(z))).toBeLessThanOrEqual(4);
    expect(y).toBeGreaterThanOrEqual(0.4);
    expect(y).toBeLessThanOrEqual(2.6);
    expect(scale).toBeGreaterThanOrEqual(0.4);
    expect(scale).toBeLessThanOrEqual(3);
    expect(Math.hypot(...rotation)).toBeCloseTo(1, 2);
  }
});
