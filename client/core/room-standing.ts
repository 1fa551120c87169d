/** Where boards and pages stand in a room, and the steps by which buttons move them; the stage moves them by hand. */
import { nextLine } from '../stage/board-paint';
import type { Board, OnBoard, Page } from '../stage/room-view';
import type { Quat, Transform, Vec3 } from './frames';
import type { BoardShown, RoomControl } from './room-control';

/** Beside the table, turned to those who stand before it. */
export const SPOTS = {
  left: { position_m: [-1.35, 1.45, -0.75], rotation: [0, 0.259, 0, 0.966], scale: 1 },
  right: { position_m: [1.35, 1.45, -0.75], rotation: [0, -0.259, 0, 0.966], scale: 1 },
  above: { position_m: [0, 2.15, -1.1], rotation: [0.087, 0, 0, 0.996], scale: 1 },
} as const satisfies Record<string, Transform>;
export type Spot = keyof typeof SPOTS;
export const SPOT_NAMES = Object.keys(SPOTS) as Spot[];
/** Boards come to stand where people have looked for them first. */
export const BOARD_SPOTS: readonly Spot[] = ['right', 'left', 'above'];

/** The spot at which something stands; none where it stands elsewhere. */
export function spotOf({ position_m }: Transform): Spot | undefined {
  return SPOT_NAMES.find((name) => SPOTS[name].position_m.every((at, axis) => Math.abs(at - (position_m[axis] ?? Infinity)) < 0.01));
}

/** The first spot at which nothing of the same kind stands, rather one at which nothing stands at all. */
export function freeSpot(same: readonly Transform[], others: readonly Transform[], spots: readonly Spot[] = SPOT_NAMES): Spot | undefined {
  const isFree = (all: readonly Transform[], name: Spot): boolean => all.every((one) => spotOf(one) !== name);
  const free = spots.filter((name) => isFree(same, name));
  return free.find((name) => isFree(others, name)) ?? free[0];
}

type Stands = Pick<RoomControl, 'boards' | 'pages'>;
const boardsOf = ({ boards }: Stands): readonly Transform[] => boards().map(({ board }) => board.transform);
const pagesOf = ({ pages }: Stands): readonly Transform[] => pages().map(({ page }) => page.transform);

/** A board where there is room for one more. */
export function newBoard(there: Stands): Board | undefined {
  const spot = freeSpot(boardsOf(there), pagesOf(there), BOARD_SPOTS);
  return spot && { type: 'board', transform: SPOTS[spot], title: '' };
}

/** How long words on a board may be, as the room has it, in characters. */
export const LONGEST_NOTE = 500;

/** Words on a board, below those that stand there. */
export function noteOn({ id, marks }: Pick<BoardShown, 'id' | 'marks'>, text: string): OnBoard {
  const written = marks.filter(({ entity }) => entity.type === 'board-note').length;
  return { type: 'board-note', board: id, at: nextLine(written), text: text.slice(0, LONGEST_NOTE) };
}

/** A page where there is room for one more. */
export function newPage(there: Stands, path: string): Page | undefined {
  const spot = freeSpot(pagesOf(there), boardsOf(there));
  return spot && { type: 'page', transform: SPOTS[spot], path, title: '' };
}

export const MOVES = ['left', 'right', 'higher', 'lower', 'nearer', 'farther', 'turn-left', 'turn-right', 'larger', 'smaller'] as const;
export type Move = (typeof MOVES)[number];

const STEP_M = 0.15;
const TURN_rad = Math.PI / 12;
const GROWTH = 1.2;
/** Nothing is moved out of sight by buttons: not from the room, not into floor or ceiling. */
const [FARTHEST_M, LOWEST_M, HIGHEST_M] = [4, 0.4, 2.6];
const [SMALLEST, LARGEST] = [0.4, 3];

/** One step, as whoever stands before it sees it. */
export function movedBy(transform: Transform, move: Move): Transform {
  const { rotation, scale } = transform;
  const across = level(rotation, [1, 0, 0]);
  const front = level(rotation, [0, 0, 1]);
  switch (move) {
    case 'left':
      return shifted(transform, across, -STEP_M);
    case 'right':
      return shifted(transform, across, STEP_M);
    case 'higher':
      return shifted(transform, [0, 1, 0], STEP_M);
    case 'lower':
      return shifted(transform, [0, 1, 0], -STEP_M);
    case 'nearer':
      return shifted(transform, front, STEP_M);
    case 'farther':
      return shifted(transform, front, -STEP_M);
    case 'turn-left':
      return { ...transform, rotation: turnedBy(rotation, -TURN_rad) };
    case 'turn-right':
      return { ...transform, rotation: turnedBy(rotation, TURN_rad) };
    case 'larger':
      return { ...transform, scale: Math.min(LARGEST, scale * GROWTH) };
    case 'smaller':
      return { ...transform, scale: Math.max(SMALLEST, scale / GROWTH) };
  }
}

function shifted(transform: Transform, [x, y, z]: Vec3, metres: number): Transform {
  const within = (at: number, least: number, most: number): number => Math.min(most, Math.max(least, at));
  const [a, b, c] = transform.position_m;
  const position_m: Vec3 = [within(a + x * metres, -FARTHEST_M, FARTHEST_M), within(b + y * metres, LOWEST_M, HIGHEST_M), within(c + z * metres, -FARTHEST_M, FARTHEST_M)];
  return { ...transform, position_m };
}

/** A direction of the thing in the room, along the floor. */
function level([qx, qy, qz, qw]: Quat, [x, y, z]: Vec3): Vec3 {
  const [tx, ty, tz] = [2 * (qy * z - qz * y), 2 * (qz * x - qx * z), 2 * (qx * y - qy * x)];
  const [ax, az] = [x + qw * tx + (qy * tz - qz * ty), z + qw * tz + (qx * ty - qy * tx)];
  const long = Math.hypot(ax, az);
  return long > 1e-6 ? [ax / long, 0, az / long] : [x, 0, z];
}

/** Turned about the upright of the room. */
function turnedBy([x, y, z, w]: Quat, angle: number): Quat {
  const [s, c] = [Math.sin(angle / 2), Math.cos(angle / 2)];
  const turned = [c * x + s * z, c * y + s * w, c * z - s * x, c * w - s * y] as const;
  const long = Math.hypot(...turned);
  return [turned[0] / long, turned[1] / long, turned[2] / long, turned[3] / long];
}
