import { Quaternion, Vector3 } from 'three';
import type { Quat, Transform } from '../core/frames';

/** Bounds that the server keeps too; see docs/contracts.md. */
export const SCALE_LIMITS = [0.05, 20] as const;
const REACH_M = 20;

/** Turns about a direction of the room, through the hologram's middle. */
export function turned(transform: Transform, axis: Vector3, radians: number): Transform {
  const q = new Quaternion().setFromAxisAngle(axis.clone().normalize(), radians).multiply(new Quaternion(...transform.rotation)).normalize();
  return { ...transform, rotation: quat(q) };
}

export function scaled(transform: Transform, factor: number): Transform {
  const scale = Math.min(SCALE_LIMITS[1], Math.max(SCALE_LIMITS[0], transform.scale * factor));
  return Number.isFinite(scale) ? { ...transform, scale } : transform;
}

export function moved(transform: Transform, by: Vector3): Transform {
  const at = new Vector3(...transform.position_m).add(by).clampScalar(-REACH_M, REACH_M);
  return { ...transform, position_m: [at.x, at.y, at.z] };
}

/** Carries a transform along with a hand: what the hand did between `from` and `to` is done to the hologram. */
export function carried(transform: Transform, from: Rigid, to: Rigid, factor = 1): Transform {
  const turn = to.rotation.clone().multiply(from.rotation.clone().invert());
  const bounded = scaled(transform, factor);
  const real = bounded.scale / transform.scale;
  const arm = new Vector3(...transform.position_m).sub(from.position).applyQuaternion(turn).multiplyScalar(real);
  const at = to.position.clone().add(arm).clampScalar(-REACH_M, REACH_M);
  const rotation = turn.multiply(new Quaternion(...transform.rotation)).normalize();
  return { position_m: [at.x, at.y, at.z], rotation: quat(rotation), scale: bounded.scale };
}

export interface Rigid {
  readonly position: Vector3;
  readonly rotation: Quaternion;
}

/** Whether two transforms are the same to the eye. */
export function alike(a: Transform, b: Transform): boolean {
  const far = new Vector3(...a.position_m).distanceTo(new Vector3(...b.position_m));
  const turn = new Quaternion(...a.rotation).angleTo(new Quaternion(...b.rotation));
  return far < 2e-3 && turn < 4e-3 && Math.abs(a.scale / b.scale - 1) < 4e-3;
}

function quat(q: Quaternion): Quat {
  return [q.x, q.y, q.z, q.w];
}
