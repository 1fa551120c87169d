import { type Object3D, Quaternion, Vector3 } from 'three';

/** What is farther aside than this is not read. */
const ASIDE_rad = Math.PI / 6;
/** Nor is what is farther away. */
const FAR_m = 3;

/** Whether something flat is before the eyes, near enough to be read, with its front to them. */
export function isBeforeEyes(eye: Vector3, ahead: Vector3, flat: Object3D): boolean {
  const to = flat.getWorldPosition(new Vector3()).sub(eye);
  const front = new Vector3(0, 0, 1).applyQuaternion(flat.getWorldQuaternion(new Quaternion()));
  return to.length() < FAR_m && front.dot(to) < 0 && ahead.angleTo(to) < ASIDE_rad;
}
