import { Object3D, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { isBeforeEyes } from './sight';

test('a panel is before the eyes of who looks its way and stands before it', () => {
  const panel = new Object3D();
  panel.position.set(-0.78, 1.38, -0.12);
  panel.rotation.y = 0.55;
  const eye = new Vector3(0, 1.6, 1.15);
  const towards = panel.position.clone().sub(eye);
  expect(isBeforeEyes(eye, towards, panel)).toBe(true);
  expect(isBeforeEyes(eye, towards.clone().applyAxisAngle(new Vector3(0, 1, 0), 0.4), panel)).toBe(true);
  expect(isBeforeEyes(eye, towards.clone().applyAxisAngle(new Vector3(0, 1, 0), 0.7), panel)).toBe(false);
  expect(isBeforeEyes(eye, towards.clone().negate(), panel)).toBe(false);
  const far = (distance_m: number): Vector3 => panel.position.clone().addScaledVector(towards.clone().normalize(), -distance_m);
  expect(isBeforeEyes(far(2.5), towards, panel)).toBe(true);
  expect(isBeforeEyes(far(4), towards, panel)).toBe(false);
  const behind = new Vector3(-1.4, 1.6, -1.2);
  expect(isBeforeEyes(behind, panel.position.clone().sub(behind), panel)).toBe(false);
});
