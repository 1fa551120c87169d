/** The table as it is seen from above: what is pointed at and drawn there, in shares of the picture, lies on it in the room. */
import type { BoardPoint } from '../stage/room-view';
import type { Vec3 } from './frames';

/** How far the picture reaches from the table's middle, to where people stand around it. */
export const REACH_CM = 132;
/** The height of the table in the middle of a room. */
export const TABLE_TOP_M = 0.86;

/** To the millimetre, as poses say where things are. */
export function onTable([across, down]: BoardPoint): Vec3 {
  const metres = (share: number): number => Math.round((share * 2 - 1) * REACH_CM * 10) / 1000;
  return [metres(across), TABLE_TOP_M, metres(down)];
}

/** Where a point of the room is in the picture, in centimetres from its middle. */
export function fromAbove([x, , z]: Vec3): readonly [number, number] {
  return [x * 100, z * 100];
}

/** The same, at the picture's edge for what lies beyond it. */
export function withinPicture(point: Vec3): readonly [number, number] {
  const [x, y] = fromAbove(point);
  const within = (cm: number): number => Math.min(REACH_CM, Math.max(-REACH_CM, cm));
  return [within(x), within(y)];
}
