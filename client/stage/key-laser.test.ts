import { PerspectiveCamera, type Vector3 } from 'three';
import { beforeEach, expect, test } from 'vitest';
import { KeyLaser } from './key-laser';

/** A wall two metres before the eye, seen as high as it is wide. */
const FAR_M = 2;
const HALF_M = FAR_M * Math.tan((40 / 2 / 180) * Math.PI);

let camera: PerspectiveCamera;
let laser: KeyLaser;
let used: (readonly number[])[];

const onWall = (origin: Vector3, direction: Vector3): Vector3 => origin.clone().addScaledVector(direction, (-FAR_M - origin.z) / direction.z);
const press = (key: string, shiftKey = false): boolean => laser.press({ key, shiftKey });

beforeEach(() => {
  camera = new PerspectiveCamera(40, 2, 0.1, 30);
  camera.updateMatrixWorld();
  laser = new KeyLaser(camera, onWall);
  used = [];
  laser.onUse = (origin, direction) => used.push(onWall(origin, direction).toArray());
});

test('arrows lead the laser over what is seen, and with Shift farther', () => {
  expect([laser.at, laser.dot.visible]).toEqual([undefined, false]);
  press('ArrowRight');
  press('ArrowRight');
  // As far across as up, however wide the page is.
  expect(laser.at?.x).toBeCloseTo(0.05 * HALF_M);
  press('ArrowUp', true);
  expect(laser.at?.y).toBeCloseTo(0.125 * HALF_M);
  expect(laser.at?.z).toBeCloseTo(-FAR_M);
  expect(laser.dot.visible && laser.dot.position.equals(laser.at as Vector3)).toBe(true);
});

test('it stays within what is seen', () => {
  for (let step = 0; step < 30; step++) press('ArrowDown', true);
  expect(laser.at?.y).toBeCloseTo(-0.98 * HALF_M);
});

test('it goes on from where it ends after one has walked round, and from the middle where that is behind', () => {
  press('ArrowRight', true);
  camera.position.x = 0.1;
  camera.updateMatrixWorld();
  const before = laser.at?.x ?? NaN;
  press('ArrowRight');
  expect(laser.at?.x).toBeCloseTo(before + 0.025 * HALF_M);
  camera.position.z = -5;
  camera.updateMatrixWorld();
  press('ArrowUp');
  expect(laser.at?.x).toBeCloseTo(0.1);
});

test('Enter does there what a click does, and Escape puts it out once', () => {
  press('Enter');
  expect([laser.at?.x, used.length]).toEqual([0, 0]);
  press('ArrowLeft', true);
  press(' ');
  expect(used[0]?.[0]).toBeCloseTo(-0.125 * HALF_M);
  expect(press('Escape')).toBe(true);
  expect([laser.at, laser.dot.visible]).toEqual([undefined, false]);
  expect([press('Escape'), press('PageUp'), press('1')]).toEqual([false, false, false]);
});
