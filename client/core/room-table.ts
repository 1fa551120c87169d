/** The table as it is seen from above: what is pointed at and drawn there, in shares of the picture, lies on it in the room, and people stand where their heads are. */
import type { BoardPoint, RoomView } from '../stage/room-view';
import type { Vec3 } from './frames';
import { PLACES, eyesAt } from './room-seats';

/** How far that part of the picture reaches from the table's middle on which one points and draws: to where the nearest people stand around it. */
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
export function withinPicture(point: Vec3, reach_cm: number = REACH_CM): readonly [number, number] {
  const [x, y] = fromAbove(point);
  const within = (cm: number): number => Math.min(reach_cm, Math.max(-reach_cm, cm));
  return [within(x), within(y)];
}

/** How far the picture reaches where people have these places: to whole rings of them, so that nobody's mark moves until one is full. */
export function reachOver(places: readonly number[]): number {
  return Math.max(REACH_CM, ...places.map((place) => Math.round((PLACES[place]?.radius_m ?? 0) * 100)));
}

/** Somebody who is here, by their number and the place that the room gave them. */
export interface Somebody {
  readonly id: number;
  readonly place: number;
}

/** Where somebody is in the picture, in whole centimetres from its middle: where their head is, or at their place before it is known, as one's own is. */
export function whereAbove(view: Pick<RoomView, 'poses'>, { id, place }: Somebody, nowMs: number, reach_cm: number): readonly [number, number] {
  const [x, y] = withinPicture(view.poses(String(id), nowMs)?.head.position_m ?? eyesAt(place), reach_cm);
  return [Math.round(x), Math.round(y)];
}

/** A mark in the picture, in pixels from its middle, with the name that is to stand beside it. */
export interface Named {
  readonly id: number;
  readonly name: string;
  readonly at_px: readonly [number, number];
}

/** Where a name stands by its mark. */
export type NameSide = 'below' | 'above' | 'right' | 'left';

/** Sizes in the picture, in pixels. */
export interface NameSizes {
  /** Across a mark. */
  readonly mark_px: number;
  /** Of the letters. */
  readonly letter_px: number;
  /** A name is cut that would be longer. */
  readonly longest_px: number;
  /** How far names may go to either side of the middle. */
  readonly aside_px: number;
}

/** A line of letters is so high, and the letters so wide, as shares of their size. */
const [LINE, WIDE, SLIM] = [1.4, 1, 0.62];
/** The first letter of the scripts whose letters are as wide as they are high. */
const FIRST_WIDE = 0x2e80;

type Box = readonly [left: number, top: number, right: number, bottom: number];

function overlap(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/** How wide a name is at most. */
function widthOf(name: string, { letter_px, longest_px }: NameSizes): number {
  const letters = Array.from(name).reduce((sum, letter) => sum + ((letter.codePointAt(0) ?? 0) >= FIRST_WIDE ? WIDE : SLIM), 0);
  return Math.min(longest_px, letters * letter_px);
}

/** On which side of their marks names stand so that none lies on another or on a mark, those first that come first; those for which there is no room are left out. */
export function namesBeside(people: readonly Named[], sizes: NameSizes): ReadonlyMap<number, NameSide> {
  const half = sizes.mark_px / 2;
  const high = sizes.letter_px * LINE;
  const marks = people.map(({ at_px: [x, y] }): Box => [x - half, y - half, x + half, y + half]);
  const taken: Box[] = [];
  const isFree = (box: Box): boolean => box[0] >= -sizes.aside_px && box[2] <= sizes.aside_px && ![...marks, ...taken].some((other) => overlap(box, other));
  const found = new Map<number, NameSide>();
  for (const { id, name, at_px: [x, y] } of people) {
    const wide = widthOf(name, sizes);
    const boxes: readonly (readonly [NameSide, Box])[] = [
      ['below', [x - wide / 2, y + half, x + wide / 2, y + half + high]],
      ['above', [x - wide / 2, y - half - high, x + wide / 2, y - half]],
      ['right', [x + half, y - high / 2, x + half + wide, y + high / 2]],
      ['left', [x - half - wide, y - high / 2, x - half, y + high / 2]],
    ];
    const free = boxes.find(([, box]) => isFree(box));
    if (!free) continue;
    taken.push(free[1]);
    found.set(id, free[0]);
  }
  return found;
}
