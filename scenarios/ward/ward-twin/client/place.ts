/** The ward as a room: as many beds as it has, in two rows with their heads at the walls; by day or by night. */
import type { Vec3 } from '../../../../client/core/frames';
import { box, placed, prop } from '../../../../client/stage/places/design';
import type { Lamp, Piece, PlaceDesign } from '../../../../client/stage/places/design';
import { bedside, ceilingLamps, curtain, plant, skirting, windowPanes } from '../../../../client/stage/places/furniture';

const APART_m = 3;
/** From the middle of the aisle to the middle of a bed. */
const ROW_m = 2.25;
const HEIGHT_m = 2.9;
const ENDS_m = 1.6;
/** The light behind a bed's head, and how it is by day and by night. */
const HEAD = { y: 1.66, z: 3.3, day: 6, night: 1.3 } as const;

/** Where the beds stand: the middle of each on the floor, the ward's own middle being the origin. */
export function bedPlaces(beds: number): Vec3[] {
  const columns = Math.ceil(beds / 2);
  return Array.from({ length: beds }, (_, n) => [((n % columns) - (columns - 1) / 2) * APART_m, 0, n < columns ? -ROW_m : ROW_m]);
}

/** Where one comes in: at the door, looking along the aisle. */
export function entrance(beds: number): Vec3 {
  return [0.9 - widthOf(beds) / 2, 0, 0];
}

/** Where the boards hang on the wall beside the door, looking along the aisle. */
export function boardPlaces(beds: number): Readonly<Record<'rooms' | 'staff', Vec3>> {
  const x = 0.04 - widthOf(beds) / 2;
  return { rooms: [x, 1.62, -1.75], staff: [x, 1.62, 1.75] };
}

function widthOf(beds: number): number {
  return Math.max(1, Math.ceil(beds / 2)) * APART_m + ENDS_m;
}

export function wardDesign(beds: number, night: boolean): PlaceDesign {
  const width = widthOf(beds);
  const size: Vec3 = [width, HEIGHT_m, 2 * (ROW_m + 1.21)];
  const places = bedPlaces(beds);
  const columns = [...new Set(places.map(([x]) => x))];
  return {
    size_m: size,
    paint: { floor: '#66736f', pattern: 'plain', wall: '#8d9b9d', dado: { colour: '#54787a', height_m: 1.1 }, ceiling: '#a3aaaa' },
    ambient: night ? { sky: '#5a5460', ground: '#3a3128', strength: 0.13 } : { sky: '#b4c2c8', ground: '#5c625c', strength: 0.24 },
    lamps: lamps(places, columns, width, night),
    pieces: pieces(places, columns, size, night),
    people: { sky: '#dbe6ea', ground: '#33393a', key: '#fff2df', back: '#a9c6ea' },
  };
}

function lamps(places: readonly Vec3[], columns: readonly number[], width: number, night: boolean): Lamp[] {
  const head = night ? HEAD.night : HEAD.day;
  return [
    // At night lamps near the floor show the way instead of those in the ceiling.
    ...(night
      ? columns.flatMap((x) => [-1, 1].map((side): Lamp => ({ at: [x + APART_m / 2, 0.25, side * (ROW_m + 1.19)], facing: [0, -0.4, -side], size_m: [0.3, 0.1], colour: '#ff9f4a', strength: 1.6 })))
      : ceilingLamps(HEIGHT_m, columns.map((x) => [x, 0]), [1.2, 0.5], '#fff3df', 3.6)),
    ...places.map(([x, , z]): Lamp => ({ at: [x, HEAD.y, Math.sign(z) * HEAD.z], facing: [0, 0.5, -Math.sign(z)], size_m: [1.5, 0.1], colour: '#ffdfae', strength: head, hidden: true })),
    { at: [width / 2 - 0.05, 1.8, 0], facing: [-1, -0.1, 0], size_m: [3, 1.5], colour: night ? '#3c4f86' : '#b9d2ee', strength: night ? 0.18 : 2.2, hidden: true },
  ];
}

function pieces(places: readonly Vec3[], columns: readonly number[], size: Vec3, night: boolean): Piece[] {
  const [width, , depth] = size;
  const end = width / 2;
  return [
    ...skirting(size, '#46585a'),
    ...[-1, 1].map((side) => box([width - 0.02, 0.1, 0.04], [0, 0.86, side * (depth / 2 - 0.02)], '#8a7a63')),
    ...places.flatMap(([x, , z]) => placed(bedside(false), [x, 0, z], z < 0 ? 0 : 180)),
    ...columns.slice(1).flatMap((x) => [-1, 1].flatMap((side) => placed(curtain(1.4, '#8fb3ae'), [x - APART_m / 2 + 0.25, 0, side * (ROW_m + 0.45)], 90))),
    ...placed(windowPanes(3, 1.5, night ? '#131c33' : '#a9c6e8', night ? 0.8 : 0.9), [end - 0.01, 1, 0], -90),
    ...placed(plant(), [end - 0.5, 0, 1.2]),
    ...placed(plant(), [end - 0.5, 0, -1.2]),
    prop('door', [0.1 - end, 0, 0], 90),
    prop('exit-sign', [0.03 - end, 2.3, 0], 90),
    prop('washbasin', [0.32 - end, 0.45, -1.7], 90),
    prop('dustbin', [0.3 - end, 0, -2.4]),
    prop('extinguisher', [0.2 - end, 0, 1.5], 90),
    prop('wheelchair', [0.6 - end, 0, 2.6], 60),
  ];
}
