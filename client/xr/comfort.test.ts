/** What keeps people in a headset from getting sick: turns and ways at once, a narrower view meanwhile, a height of choice. */
import { Group, PerspectiveCamera, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { SeatedHeight } from './seated-height';
import { Vignette } from './vignette';
import { Walk } from './walk';

const DOWN_AHEAD = new Vector3(0, -1, -1).normalize();
const HAND = new Vector3(0, 1.2, 0);

interface Walker {
  readonly rig: Group;
  readonly walk: Walk;
  moved: number;
  /** Where the head is in the room. */
  head(): Vector3;
  push(x: number, y: number): void;
}

/** Somebody whose head is a little off the middle of their real room. */
function walker(free: (x: number, z: number) => boolean = () => true): Walker {
  const rig = new Group();
  rig.position.set(0, 0, 1.15);
  rig.updateMatrixWorld(true);
  const walk = new Walk(rig, free);
  const head = (): Vector3 => rig.localToWorld(new Vector3(0.3, 1.6, -0.2));
  const one: Walker = { rig, walk, moved: 0, head, push: (x, y) => walk.update('right', [x, y], rig.localToWorld(HAND.clone()), DOWN_AHEAD, head()) };
  walk.onMoved = () => one.moved++;
  return one;
}

test('each push of the thumbstick turns by 30°, at once, about the head', () => {
  const one = walker();
  const before = one.head();
  one.push(1, 0);
  expect(one.rig.rotation.y).toBeCloseTo(-Math.PI / 6);
  expect(one.head().distanceTo(before)).toBeLessThan(1e-9);
  // Held there, or not quite let go, it turns no further.
  for (const x of [1, 0.9, 0.5, 0.35, 0.8]) one.push(x, 0);
  expect(one.rig.rotation.y).toBeCloseTo(-Math.PI / 6);
  one.push(0, 0);
  one.push(-0.7, 0.1);
  one.push(0, 0);
  one.push(-1, 0);
  expect(one.rig.rotation.y).toBeCloseTo(Math.PI / 6);
  expect(one.head().distanceTo(before)).toBeLessThan(1e-9);
  expect(one.moved).toBe(3);
  // After twelve one looks where one looked.
  for (let i = 0; i < 12; i++) {
    one.push(0, 0);
    one.push(1, 0);
  }
  expect(one.head().distanceTo(before)).toBeLessThan(1e-9);
});

test('who has no thumbstick turns by the same steps, about the head', () => {
  const one = walker();
  const before = one.head();
  expect(one.walk.turn('left', before)).toBeCloseTo(Math.PI / 6);
  expect(one.rig.rotation.y).toBeCloseTo(Math.PI / 6);
  expect(one.walk.turn('right', one.head())).toBeCloseTo(-Math.PI / 6);
  one.walk.turn('right', one.head());
  expect(one.rig.rotation.y).toBeCloseTo(-Math.PI / 6);
  expect(one.head().distanceTo(before)).toBeLessThan(1e-9);
  expect(one.moved).toBe(3);
});

test('a push that is neither far enough nor sideways turns nobody', () => {
  const one = walker();
  for (const [x, y] of [[0.5, 0], [0.6, 0.7], [0, 1]] as const) one.push(x, y);
  expect([one.rig.rotation.y, one.moved]).toEqual([0, 0]);
});

test('letting go brings the head to the ring, and to no place where one cannot stand', () => {
  const one = walker();
  one.push(0, -1);
  expect(one.walk.mark.visible).toBe(true);
  const ring = one.walk.mark.position.clone();
  one.push(0, 0);
  expect([one.head().x, one.head().z]).toEqual([expect.closeTo(ring.x), expect.closeTo(ring.z)]);
  expect(one.head().y).toBeCloseTo(1.6);
  expect([one.moved, one.walk.mark.visible]).toEqual([1, false]);
  const walled = walker(() => false);
  walled.push(0, -1);
  expect(walled.walk.mark.visible).toBe(false);
  walled.push(0, 0);
  expect(walled.moved).toBe(0);
});

test('the view narrows as one is moved, and is whole again a third of a second later', () => {
  const camera = new PerspectiveCamera();
  const vignette = new Vignette(camera);
  const dark = (): number => (vignette.mesh.visible ? Number(vignette.mesh.material.uniforms['uDark']?.value) : 0);
  expect(dark()).toBe(0);
  vignette.pulse();
  vignette.update(1 / 40);
  let before = dark();
  expect(before).toBeGreaterThan(0.7);
  for (let i = 0; i < 11; i++) {
    vignette.update(1 / 40);
    expect(dark()).toBeLessThan(before);
    before = dark();
  }
  vignette.update(0.05);
  expect(dark()).toBe(0);
  vignette.dispose();
  expect(camera.children).toHaveLength(0);
});

test('who sits sees from the height of who stands, if they want to, and the floor stays still', () => {
  const height = new SeatedHeight();
  expect(height.lift(1.15)).toBe(0);
  height.standing = true;
  // The headset is not tracked yet.
  expect(height.lift(0)).toBe(0);
  expect(height.lift(1.15)).toBeCloseTo(0.45);
  // Nodding and bending down move the head, not the floor.
  expect([height.lift(1.05), height.lift(0.8), height.lift(1.7)].map((lift) => lift.toFixed(6))).toEqual(['0.450000', '0.450000', '0.450000']);
  height.standing = false;
  expect(height.lift(1.15)).toBe(0);
  // Who stands is raised by nothing.
  height.standing = true;
  expect(height.lift(1.72)).toBe(0);
});
