import { Group, Vector3 } from 'three';
import { beforeEach, expect, test } from 'vitest';
import { Walk } from './walk';

const EYE = new Vector3(0, 1.6, 1);
const ahead = (x: number, z: number): Vector3 => new Vector3(x, 0, z).sub(EYE).normalize();
let rig: Group;
let walk: Walk;
let moved: number;

beforeEach(() => {
  [rig, moved] = [new Group(), 0];
  // A wall stands at x = 2.
  walk = new Walk(rig, (x) => x < 2);
  walk.onMoved = () => moved++;
});

test('a place is where one looks on the floor, as far as one sees where to and may stand', () => {
  expect(walk.spot(EYE, ahead(1, -0.5))?.toArray().map((at) => Math.round(at * 100) / 100)).toEqual([1, 0, -0.5]);
  expect(walk.spot(EYE, ahead(2.5, 1))).toBeUndefined();
  expect(walk.spot(EYE, ahead(0, -40))).toBeUndefined();
  expect(walk.spot(EYE, new Vector3(0, 0.2, -1).normalize())).toBeUndefined();
});

test('who goes there stands there with the head, whatever their place in the real room', () => {
  rig.position.set(0.3, 0, 0.2);
  walk.go(new Vector3(1, 0, -0.5), EYE);
  expect(rig.position.toArray().map((at) => Math.round(at * 100) / 100)).toEqual([1.3, 0, -1.3]);
  expect(moved).toBe(1);
});

test('the stick brings one to where the ray met the floor as it is let go, and nowhere from where it met none', () => {
  const stick = (y: number, direction: Vector3): void => walk.update('right', [0, y], EYE, direction, EYE);
  stick(-1, ahead(1, -0.5));
  expect(walk.mark.visible).toBe(true);
  stick(0, ahead(1, -0.5));
  expect([rig.position.x, moved]).toEqual([1, 1]);
  expect(walk.mark.visible).toBe(false);
  stick(-1, ahead(2.5, 1));
  stick(0, ahead(2.5, 1));
  expect(moved).toBe(1);
});

test('a hand that is lost while it aims brings nobody there when it is found again', () => {
  const stick = (y: number): void => walk.update('right', [0, y], EYE, ahead(1, -0.5), EYE);
  stick(-1);
  walk.forget('right');
  expect(walk.mark.visible).toBe(false);
  stick(0);
  expect(moved).toBe(0);
  stick(-1);
  walk.forget('left');
  expect(walk.mark.visible).toBe(true);
});
