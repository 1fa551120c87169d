import { Color, Vector3 } from 'three';
import { Corners, exposed } from './corners';
import type { PlaceDesign } from './design';
import type { Light } from './light';

/** Light changes slowly along a wall: this fine a grid shows it smoothly. */
const GRID_m = 0.24;
/** A long ward has a coarser one: no face has more squares than about this. */
const MOST_SQUARES = 1_800;
/** Corners of a room get less light. */
const CORNER = { share: 0.34, reach_m: 0.45 } as const;
const PLANK_m = 0.15;
const TILE_m = 0.6;

interface Face {
  readonly from: Vector3;
  readonly across: Vector3;
  readonly along: Vector3;
  readonly normal: Vector3;
  paint(at: Vector3): Color;
}

/** Floor, walls and ceiling, lit, one by one; each is seen from inside only, so that one may look into the room from outside. */
export function shellOf(design: PlaceDesign, light: Light): Corners[] {
  const [width, height, depth] = design.size_m;
  const [x, z] = design.middle_m ?? [0, 0];
  const { paint } = design;
  const { dado } = paint;
  const wall = new Color(paint.wall);
  const lower = new Color(dado?.colour ?? paint.wall);
  const ceiling = new Color(paint.ceiling);
  const paintWall = (at: Vector3): Color => (dado && at.y < dado.height_m ? lower : wall);
  const corner = (sx: number, y: number, sz: number): Vector3 => new Vector3(x + (sx * width) / 2, y, z + (sz * depth) / 2);
  const [alongX, alongZ, up] = [new Vector3(width, 0, 0), new Vector3(0, 0, depth), new Vector3(0, height, 0)];
  const back = (v: Vector3): Vector3 => v.clone().negate();
  const faces: Face[] = [
    { from: corner(-1, 0, 1), across: alongX, along: back(alongZ), normal: new Vector3(0, 1, 0), paint: floorPaint(design) },
    { from: corner(-1, height, -1), across: alongX, along: alongZ, normal: new Vector3(0, -1, 0), paint: () => ceiling },
    { from: corner(-1, 0, -1), across: alongX, along: up, normal: new Vector3(0, 0, 1), paint: paintWall },
    { from: corner(1, 0, 1), across: back(alongX), along: up, normal: new Vector3(0, 0, -1), paint: paintWall },
    { from: corner(-1, 0, 1), across: back(alongZ), along: up, normal: new Vector3(1, 0, 0), paint: paintWall },
    { from: corner(1, 0, -1), across: alongZ, along: up, normal: new Vector3(-1, 0, 0), paint: paintWall },
  ];
  return faces.map((face) => {
    const into = new Corners();
    addFace(face, design, light, into);
    return into;
  });
}

/** Squares of one colour each, whose corners carry the light that falls there. */
function addFace({ from, across, along, normal, paint }: Face, design: PlaceDesign, light: Light, into: Corners): void {
  const grid_m = Math.max(GRID_m, Math.sqrt((across.length() * along.length()) / MOST_SQUARES));
  const [columns, rows] = [Math.ceil(across.length() / grid_m), Math.ceil(along.length() / grid_m)];
  const lit: Color[] = [];
  const at: Vector3[] = [];
  for (let row = 0; row <= rows; row++)
    for (let column = 0; column <= columns; column++) {
      const point = from.clone().addScaledVector(across, column / columns).addScaledVector(along, row / rows);
      const falling = light.falling(point.clone().addScaledVector(normal, 0.01), normal, true).multiplyScalar(openness(point, normal, design));
      at.push(point);
      lit.push(normal.y > 0.5 ? falling.multiplyScalar(light.contact(point)) : falling);
    }
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const corners = [0, 1, columns + 2, columns + 1].map((step) => row * (columns + 1) + column + step);
      const middle = from.clone().addScaledVector(across, (column + 0.5) / columns).addScaledVector(along, (row + 0.5) / rows);
      const colour = paint(middle);
      const [a, b, c, d] = corners.map((i) => into.corner(at[i] ?? middle, exposed((lit[i] ?? colour).clone().multiply(colour)))) as [number, number, number, number];
      into.triangle(a, b, c);
      into.triangle(a, c, d);
    }
}

/** What a corner of the room takes from the light: walls near a point stand in its way. */
function openness(at: Vector3, normal: Vector3, { size_m: [width, height, depth], middle_m = [0, 0] }: PlaceDesign): number {
  const walls = [width / 2 - Math.abs(at.x - middle_m[0]), depth / 2 - Math.abs(at.z - middle_m[1]), at.y, height - at.y];
  const own = [Math.abs(normal.x) > 0.5, Math.abs(normal.z) > 0.5, normal.y > 0.5, normal.y < -0.5];
  return walls.reduce((left, distance, i) => (own[i] ? left : left * (1 - CORNER.share * Math.exp(-distance / CORNER.reach_m))), 1);
}

/** Planks and tiles differ a little from each other, the same each time. */
function floorPaint({ paint }: PlaceDesign): (at: Vector3) => Color {
  const colour = new Color(paint.floor);
  const differing = (a: number, b: number): Color => colour.clone().multiplyScalar(0.9 + 0.2 * chance(a, b));
  if (paint.pattern === 'planks') return ({ x, z }) => differing(Math.floor(z / PLANK_m), Math.floor(x / 1.6 + chance(Math.floor(z / PLANK_m), 7)));
  if (paint.pattern === 'tiles') return ({ x, z }) => differing(Math.floor(x / TILE_m), Math.floor(z / TILE_m));
  return () => colour;
}

/** A number from 0 to 1 that belongs to a pair of whole numbers. */
function chance(a: number, b: number): number {
  const n = Math.sin(a * 127.1 + b * 311.7) * 43758.5453;
  return n - Math.floor(n);
}
