/** Where somebody comes to stand who is brought to what another sees, and which way they face there. */
import { type Quaternion, Vector3 } from 'three';
import type { View } from '../stage/camera-rig';
import { levelAhead } from './panel-place';

/** Nobody is brought nearer than this: the table is there. */
const NEAREST_M = 0.9;
/** Places that are tried where that one is taken: so many rings about the table, of so many places. */
const [RINGS, RING_EVERY_M, PLACES] = [10, 0.3, 24];

/** Of the places where one may stand the one nearest to where the other sees from; undefined where there is none. */
export function placeFor({ yaw, pitch, distance_m }: View, free: (x: number, z: number) => boolean): Vector3 | undefined {
  const wanted = onFloor(yaw, Math.max(NEAREST_M, Math.cos(pitch) * distance_m));
  const others = Array.from({ length: RINGS * PLACES }, (_, i) => onFloor(yaw + ((i % PLACES) * 2 * Math.PI) / PLACES, NEAREST_M + Math.floor(i / PLACES) * RING_EVERY_M));
  others.sort((a, b) => a.distanceTo(wanted) - b.distanceTo(wanted));
  return [wanted, ...others].find(({ x, z }) => free(x, z));
}

/** By how much a head is turned about the vertical, so that whoever stands there faces the table. */
export function turnToTable({ x, z }: Vector3, rotation: Quaternion): number {
  const ahead = levelAhead(rotation);
  const turn = Math.atan2(x, z) - Math.atan2(-ahead.x, -ahead.z);
  return Math.atan2(Math.sin(turn), Math.cos(turn));
}

function onFloor(yaw: number, far_m: number): Vector3 {
  return new Vector3(Math.sin(yaw) * far_m, 0, Math.cos(yaw) * far_m);
}
