import { ArrayCamera, Group, PerspectiveCamera, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { BeforeEyes } from './before-eyes';
import { Vignette } from './vignette';

const UP = new Vector3(0, 1, 0);
const APART_M = 0.064;

/** A head somewhere in a room that looks to the left of ahead, its eyes canted by so many degrees, as three.js has it: all at the first eye. */
function worn(cant: number): { readonly head: Group; readonly eyes: readonly PerspectiveCamera[]; readonly all: ArrayCamera; readonly camera: PerspectiveCamera } {
  const head = new Group();
  head.position.set(0.4, 1.6, 1.15);
  head.rotation.set(-0.3, 0.7, 0, 'YXZ');
  const eyes = [-1, 1].map((side) => {
    const eye = new PerspectiveCamera();
    eye.position.x = (side * APART_M) / 2;
    eye.quaternion.setFromAxisAngle(UP, (-side * cant * Math.PI) / 180);
    head.add(eye);
    return eye;
  });
  head.updateMatrixWorld(true);
  const all = new ArrayCamera([...eyes]);
  const camera = new PerspectiveCamera();
  const first = eyes[0]?.matrixWorld;
  if (first) for (const one of [all, camera]) {
    one.matrixWorld.copy(first);
    one.matrixWorld.decompose(one.position, one.quaternion, one.scale);
  }
  return { head, eyes, all, camera };
}

test.each([0, 5])('what is before both eyes is ahead of the middle between them, canted by %i°', (cant) => {
  const { head, all, camera } = worn(cant);
  const before = new BeforeEyes(camera);
  const sign = new Group();
  sign.position.set(0, -0.42, -0.9);
  before.group.add(sign);
  before.follow(all);
  camera.updateMatrixWorld(true);
  const seen = head.worldToLocal(sign.getWorldPosition(new Vector3()));
  expect(seen.toArray()).toEqual([expect.closeTo(0), expect.closeTo(-0.42), expect.closeTo(-0.9)]);
  before.dispose();
  expect(camera.children).toHaveLength(0);
});

test('the view narrows about the same for each eye: as far to its temple as to its nose', () => {
  const { eyes, all, camera } = worn(0);
  const before = new BeforeEyes(camera);
  const vignette = new Vignette(before.group);
  before.follow(all);
  camera.updateMatrixWorld(true);
  const middle = vignette.mesh.getWorldPosition(new Vector3());
  const aside = eyes.map((eye) => {
    const seen = eye.worldToLocal(middle.clone());
    return (Math.atan2(seen.x, -seen.z) * 180) / Math.PI;
  });
  expect(aside[0]).toBeCloseTo(-(aside[1] ?? NaN));
  for (const degrees of aside) expect(Math.abs(degrees)).toBeLessThan(1);
  vignette.dispose();
});

test('a session that has drawn nothing yet has it where its camera is', () => {
  const camera = new PerspectiveCamera();
  const before = new BeforeEyes(camera);
  before.follow(new ArrayCamera());
  expect(before.group.position.length()).toBe(0);
});
