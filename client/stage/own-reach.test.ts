import { Vector3 } from 'three';
import { expect, test } from 'vitest';
import { reachOf, type Seen } from './own-reach';

const RAY = { origin: new Vector3(0.1, 1.3, 1.75), direction: new Vector3(0, 0, -1) };
const NOTHING: Seen = { thing_m: undefined, middle: undefined };
const reached = (seen: Partial<Seen>, held?: Vector3): number[] | undefined => reachOf(RAY, held, () => ({ ...NOTHING, ...seen }))?.toArray();
const MIDDLE = new Vector3(0, 1.25, 0);

test('over the hologram the hand is where the ray passes its middle, and follows the pointer from there', () => {
  expect(reached({ middle: MIDDLE })).toEqual([0.1, 1.3, 0]);
  const aside = { ...RAY, origin: new Vector3(0.2, 1.3, 1.75) };
  expect(reachOf(aside, undefined, () => ({ ...NOTHING, middle: MIDDLE }))?.x).toBeCloseTo(0.2);
});

test('of a board and the hologram the hand is at the one that is seen first, and over nothing at none', () => {
  expect(reached({ thing_m: 1, middle: MIDDLE })).toEqual([0.1, 1.3, 0.75]);
  expect(reached({ thing_m: 3, middle: MIDDLE })).toEqual([0.1, 1.3, 0]);
  expect(reached({ thing_m: 3 })).toEqual([0.1, 1.3, -1.25]);
  expect(reached({})).toBeUndefined();
});

test('what is held stays in the hand, wherever the pointer is, and without one', () => {
  expect(reached({ thing_m: 0.5 }, new Vector3(2, 1, -0.25))).toEqual([0.1, 1.3, -0.25]);
  const held = new Vector3(0.5, 1, 0);
  expect(reachOf(undefined, held, () => NOTHING)).toEqual(held);
  expect(reachOf(undefined, undefined, () => NOTHING)).toBeUndefined();
});
