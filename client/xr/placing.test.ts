import { Group, Matrix4, Quaternion, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { levelPlace, pinned, placeOf, standingFor } from './placing';

const FOOT = new Vector3(0.1, 0.96, -0.2);

/** Where a place of the real room is in the shared one. */
function inRoom(standing: { position: Vector3; yaw: number }, at: Vector3): Vector3 {
  const rig = new Group();
  rig.position.copy(standing.position);
  rig.rotation.y = standing.yaw;
  rig.updateMatrixWorld(true);
  return rig.localToWorld(at.clone());
}

test('what is put on a surface is there, seen from the side from which it was seen', () => {
  const standing = { position: new Vector3(0, 0, 1.15), yaw: 0.4 };
  const desk = { position: new Vector3(0.7, 0.74, -1.3), yaw: 2 };
  const moved = standingFor(pinned(FOOT, standing, desk), desk);
  expect(inRoom(moved, desk.position).distanceTo(FOOT)).toBeLessThan(1e-9);
  expect(moved.yaw).toBeCloseTo(standing.yaw);
});

test('where the device finds the place moved and turned, the hologram stays on it', () => {
  const standing = { position: new Vector3(0, 0, 1.15), yaw: 0.4 };
  const desk = { position: new Vector3(0.7, 0.74, -1.3), yaw: 2 };
  const pin = pinned(FOOT, standing, desk);
  const found = { position: new Vector3(0.75, 0.73, -1.22), yaw: 2.1 };
  const moved = standingFor(pin, found);
  expect(inRoom(moved, found.position).distanceTo(FOOT)).toBeLessThan(1e-9);
  // A mark beside it on the desk, a step along the desk's own axis, is at the same place of the shared room as before.
  const beside = (place: typeof desk): Vector3 => place.position.clone().add(new Vector3(0.3, 0, 0).applyAxisAngle(new Vector3(0, 1, 0), place.yaw));
  expect(inRoom(moved, beside(found)).distanceTo(inRoom(standingFor(pin, desk), beside(desk)))).toBeLessThan(1e-9);
});

test('only level surfaces bear something', () => {
  const at = (turn: Quaternion): number[] => new Matrix4().compose(new Vector3(1, 0.7, -2), turn, new Vector3(1, 1, 1)).toArray();
  const about = (axis: Vector3, degrees: number): Quaternion => new Quaternion().setFromAxisAngle(axis, (degrees * Math.PI) / 180);
  const flat = levelPlace(at(about(new Vector3(0, 1, 0), 50)));
  expect(flat?.position.toArray()).toEqual([1, 0.7, -2]);
  expect(flat?.yaw).toBeCloseTo((50 * Math.PI) / 180);
  expect(levelPlace(at(about(new Vector3(1, 0, 0), 10)))).toBeDefined();
  expect(levelPlace(at(about(new Vector3(1, 0, 0), 90)))).toBeUndefined();
  expect(levelPlace(at(about(new Vector3(0, 0, 1), 180)))).toBeUndefined();
  expect(placeOf(new Matrix4().makeRotationY(-1)).yaw).toBeCloseTo(-1);
});
