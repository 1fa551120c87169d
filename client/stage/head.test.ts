import { ArrayCamera, PerspectiveCamera, Quaternion, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { headOf } from './head';

const UP = new Vector3(0, 1, 0);
const STRAIGHT = new Quaternion();

/** A camera there, turned about the upright, in degrees. */
function eye(x: number, degrees = 0): PerspectiveCamera {
  const camera = new PerspectiveCamera();
  camera.position.set(x, 1.6, 0.5);
  camera.quaternion.setFromAxisAngle(UP, (degrees * Math.PI) / 180);
  camera.updateMatrixWorld();
  return camera;
}

/** As three.js has it: what all eyes see, at the first of them. */
function worn(...eyes: PerspectiveCamera[]): ArrayCamera {
  const all = new ArrayCamera(eyes);
  if (eyes[0]) all.matrixWorld.copy(eyes[0].matrixWorld);
  return all;
}

test('the head is between both eyes, and looks between where they look', () => {
  const { position, rotation } = headOf(worn(eye(0.168, 5), eye(0.232, -5)));
  expect(position.toArray()).toEqual([expect.closeTo(0.2), expect.closeTo(1.6), expect.closeTo(0.5)]);
  expect(rotation.angleTo(STRAIGHT)).toBeCloseTo(0);
});

test('of four views it is the middle of them all', () => {
  const { position, rotation } = headOf(worn(eye(-0.03, 6), eye(0.03, -6), eye(-0.05, 2), eye(0.05, -2)));
  expect(position.x).toBeCloseTo(0);
  expect(rotation.angleTo(STRAIGHT)).toBeCloseTo(0, 2);
});

test('a screen, a single view, and a session that has drawn nothing yet have one eye', () => {
  for (const camera of [eye(0.4), worn(eye(0.4)), worn()]) expect(headOf(camera).position.x).toBeCloseTo(camera.matrixWorld.elements[12] ?? NaN);
  expect(headOf(worn(eye(0.4))).position.x).toBeCloseTo(0.4);
});
