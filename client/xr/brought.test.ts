import { Group, Quaternion, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { placeFor, turnToTable } from './brought';
import { Walk } from './walk';

const everywhere = (): boolean => true;
const rounded = (at: Vector3 | undefined): number[] | undefined => at?.toArray().map((one) => Math.round(one * 100) / 100 + 0);

test('is where the other sees from, on the floor, and never in the table', () => {
  expect(rounded(placeFor({ yaw: Math.PI / 2, pitch: 0, distance_m: 1.75 }, everywhere))).toEqual([1.75, 0, 0]);
  // Who looks down from high above is as near on the floor as they are.
  expect(rounded(placeFor({ yaw: Math.PI, pitch: Math.PI / 3, distance_m: 3 }, everywhere))).toEqual([0, 0, -1.5]);
  expect(rounded(placeFor({ yaw: 0, pitch: 1.2, distance_m: 0.6 }, everywhere))).toEqual([0, 0, 0.9]);
});

test('is the nearest free place where a wall or a thing is there', () => {
  const free = (x: number, z: number): boolean => z < 1.2 && Math.abs(x) < 3;
  const at = placeFor({ yaw: 0, pitch: 0, distance_m: 1.75 }, free);
  expect(at && free(at.x, at.z)).toBe(true);
  expect(at?.distanceTo(new Vector3(0, 0, 1.75))).toBeLessThan(0.9);
  expect(placeFor({ yaw: 0, pitch: 0, distance_m: 1.75 }, () => false)).toBeUndefined();
});

test('whoever is aside in their real room, and looks aside, is there with the head, facing the table', () => {
  const rig = new Group();
  rig.position.set(0, 0.45, 1.15);
  rig.updateMatrixWorld(true);
  const walk = new Walk(rig, everywhere);
  let moved = 0;
  walk.onMoved = () => moved++;
  const [seat, turned] = [new Vector3(1, 1.15, -0.4), 0.7];
  const head = rig.localToWorld(seat.clone());
  const to = placeFor({ yaw: 2, pitch: 0.1, distance_m: 1.6 }, everywhere);
  if (!to) throw new Error('no place is free');
  walk.go(to, head, turnToTable(to, new Quaternion().setFromAxisAngle(new Vector3(0, 1, 0), turned)));
  const now = rig.localToWorld(seat.clone());
  expect(now.distanceTo(to.clone().setY(now.y))).toBeLessThan(1e-9);
  expect(now.y).toBeCloseTo(head.y);
  const ahead = new Vector3(0, 0, -1).applyAxisAngle(new Vector3(0, 1, 0), turned + rig.rotation.y);
  expect(ahead.angleTo(to.clone().negate())).toBeLessThan(1e-6);
  expect(moved).toBe(1);
});
