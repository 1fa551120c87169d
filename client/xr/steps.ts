/** Moving the hologram by buttons, for whoever has no hand free: each press is one step, as seen from where one is. */
import { Vector3 } from 'three';
import type { Transform } from '../core/frames';
import { moved, scaled, turned } from '../stage/turning';

export const STEPS = ['turn-left', 'turn-right', 'tilt-away', 'tilt-near', 'larger', 'smaller', 'nearer', 'farther', 'higher', 'lower'] as const;
export type Step = (typeof STEPS)[number];

const TURN_rad = Math.PI / 12;
const GROWTH = 1.2;
const MOVE_M = 0.1;
/** Its middle stays this far from the eyes, and between floor and ceiling. */
const NEAREST_M = 0.5;
const FARTHEST_M = 4;
const [LOWEST_M, HIGHEST_M] = [0.3, 2.2];
const UP = new Vector3(0, 1, 0);

/** One step, for eyes at a place of the room. */
export function stepped(transform: Transform, step: Step, eye: Vector3): Transform {
  const [towards, far_m] = levelTo(transform, eye);
  const right = UP.clone().cross(towards);
  const by = (direction: Vector3, metres: number): Transform => inRoom(moved(transform, direction.clone().multiplyScalar(metres)));
  switch (step) {
    case 'turn-left':
      return turned(transform, UP, -TURN_rad);
    case 'turn-right':
      return turned(transform, UP, TURN_rad);
    case 'tilt-away':
      return turned(transform, right, -TURN_rad);
    case 'tilt-near':
      return turned(transform, right, TURN_rad);
    case 'larger':
      return scaled(transform, GROWTH);
    case 'smaller':
      return scaled(transform, 1 / GROWTH);
    case 'nearer':
      return by(towards, Math.max(0, Math.min(MOVE_M, far_m - NEAREST_M)));
    case 'farther':
      return by(towards, -Math.max(0, Math.min(MOVE_M, FARTHEST_M - far_m)));
    case 'higher':
      return by(UP, MOVE_M);
    case 'lower':
      return by(UP, -MOVE_M);
  }
}

/** Where one looks, as far away as it is now. */
export function whereLooked(transform: Transform, eye: Vector3, ahead: Vector3): Transform {
  const far_m = new Vector3(...transform.position_m).distanceTo(eye);
  const at = eye.clone().addScaledVector(ahead, Math.min(FARTHEST_M, Math.max(NEAREST_M, far_m)));
  return inRoom({ ...transform, position_m: [at.x, at.y, at.z] });
}

function inRoom(transform: Transform): Transform {
  const [x, y, z] = transform.position_m;
  return { ...transform, position_m: [x, Math.min(HIGHEST_M, Math.max(LOWEST_M, y)), z] };
}

/** The level way from the hologram to the eyes, and how long it is. */
function levelTo({ position_m: [x, , z] }: Transform, eye: Vector3): [Vector3, number] {
  const way = new Vector3(eye.x - x, 0, eye.z - z);
  const far_m = way.length();
  return [far_m > 1e-6 ? way.divideScalar(far_m) : new Vector3(0, 0, 1), far_m];
}
