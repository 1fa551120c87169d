import { Matrix4, Quaternion, Vector3 } from 'three';

/** A place of the real room in the headset's own frame, and which way it is turned about the vertical. */
export interface RealPlace {
  readonly position: Vector3;
  readonly yaw: number;
}

/** Where one's own real room stands in the shared one: moved, and turned about the vertical. */
export interface Standing {
  readonly position: Vector3;
  readonly yaw: number;
}

/** A surface is level enough to put something on. */
const LEVEL = 0.85;
const UP = new Vector3(0, 1, 0);

/** A point of the shared room that stands on a place of the real one, and by which turn. */
export interface Pinned {
  readonly point: Vector3;
  /** The real room's turn in the shared one and that of the place in the real one, together. */
  readonly yaw: number;
}

/** Pins a point of the shared room to a real place, seen from the side from which it is seen now. */
export function pinned(point: Vector3, standing: Standing, real: RealPlace): Pinned {
  return { point: point.clone(), yaw: standing.yaw + real.yaw };
}

/** Where the real room has to stand, so that what is pinned is at the real place as it is found now. */
export function standingFor({ point, yaw }: Pinned, real: RealPlace): Standing {
  const turn = yaw - real.yaw;
  return { position: point.clone().sub(real.position.clone().applyAxisAngle(UP, turn)), yaw: turn };
}

/** A pose of the headset's as a place; undefined where its upward axis is not up: walls and ceilings bear nothing. */
export function levelPlace(matrix: ArrayLike<number>): RealPlace | undefined {
  const pose = new Matrix4().fromArray([...Array.from(matrix)]);
  const up = new Vector3().setFromMatrixColumn(pose, 1).normalize();
  return up.y < LEVEL ? undefined : placeOf(pose);
}

/** A pose of the headset's as a place, however it leans. */
export function placeOf(pose: Matrix4): RealPlace {
  const ahead = new Vector3(0, 0, 1).applyQuaternion(new Quaternion().setFromRotationMatrix(new Matrix4().extractRotation(pose)));
  return { position: new Vector3().setFromMatrixPosition(pose), yaw: Math.atan2(ahead.x, ahead.z) };
}
