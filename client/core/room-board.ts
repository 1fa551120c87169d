/** Where on a board of the room people point. */
import { BOARD } from '../stage/board-paint';
import type { BoardPoint } from '../stage/room-view';
import { localFromRoom, roomFromLocal } from './frames';
import type { Transform, Vec3 } from './frames';

/** A laser that ends so near to a board is seen on it. */
const NEAR_M = 0.03;

export function roomFromBoard(transform: Transform, [across, down]: BoardPoint): Vec3 {
  return roomFromLocal(transform, [(across - 0.5) * BOARD.width_m, (0.5 - down) * BOARD.height_m, 0]);
}

/** Undefined for a point beside it. */
export function boardFromRoom(transform: Transform, point_m: Vec3): BoardPoint | undefined {
  const [x, y, z] = localFromRoom(transform, point_m);
  const at: BoardPoint = [x / BOARD.width_m + 0.5, 0.5 - y / BOARD.height_m];
  return Math.abs(z) <= NEAR_M && at.every((share) => share >= 0 && share <= 1) ? at : undefined;
}
