import { Box3, BoxGeometry, type BufferGeometry, Color, CylinderGeometry, Euler, Matrix4, Quaternion, Vector3 } from 'three';
import type { Vec3 } from '../../core/frames';
import { type Corners, exposed } from './corners';
import type { Box, Extent, Lamp, Piece, PropName, Screen, Tube } from './design';
import type { Light } from './light';
import { pictureUv } from './pictures';
import SIZES from './prop-sizes.json';

/** Long things get corners on the way, so that light may change along them. */
const STEP_m = 0.5;
/** Near the floor less light arrives. */
const LOW = { share: 0.4, reach_m: 0.22 } as const;
/** Lamps are drawn brighter than what they light, but not so that nothing beside them is seen. */
const LAMP_GLOW = 1;

const NONE: ReadonlyMap<string, BufferGeometry> = new Map();

/** Width, height and depth of a model. */
export function sizeOf(name: PropName): Vec3 {
  const [width = 0, height = 0, depth = 0] = SIZES[name];
  return [width, height, depth];
}

/** The shape of a piece where it stands; none for a model that has not come. */
export function shapeOf(piece: Piece, models: ReadonlyMap<string, BufferGeometry>): BufferGeometry | undefined {
  const lean = piece.kind === 'tube' ? (piece.lean_deg ?? 0) : 0;
  const turn = new Quaternion().setFromEuler(new Euler((lean * Math.PI) / 180, ((piece.turn_deg ?? 0) * Math.PI) / 180, 0, 'YXZ'));
  const matrix = new Matrix4().compose(new Vector3(...piece.at), turn, new Vector3(1, 1, 1));
  return made(piece, models)?.applyMatrix4(matrix);
}

function made(piece: Piece, models: ReadonlyMap<string, BufferGeometry>): BufferGeometry | undefined {
  switch (piece.kind) {
    case 'prop':
      return models.get(piece.name)?.clone();
    case 'box': {
      const [width, height, depth] = piece.size_m;
      const steps = piece.size_m.map((edge) => Math.max(1, Math.ceil(edge / STEP_m))) as [number, number, number];
      return new BoxGeometry(width, height, depth, ...steps).translate(0, height / 2, 0);
    }
    case 'tube': {
      const { radius_m, topRadius_m = radius_m, height_m } = piece;
      return new CylinderGeometry(topRadius_m, radius_m, height_m, radius_m > 0.6 ? 64 : radius_m > 0.08 ? 24 : 12, 1).translate(0, height_m / 2, 0);
    }
    case 'screen':
      return new BoxGeometry(...piece.size_m, 0.03).translate(0, piece.size_m[1] / 2, -0.02);
  }
}

/** Where a piece is, as a box along the axes; of a model its size is known before it has come. */
export function extentOf(piece: Piece): Extent {
  const shape = piece.kind === 'prop' ? shapeOf({ ...piece, kind: 'box', size_m: sizeOf(piece.name), colour: '' }, NONE) : shapeOf(piece, NONE);
  if (!shape) throw new Error(`a ${piece.kind} has no shape`);
  const { min, max } = new Box3().setFromBufferAttribute(shape.getAttribute('position') as never);
  shape.dispose();
  return { min: [min.x, min.y, min.z], max: [max.x, max.y, max.z] };
}

/** Adds a piece to what is drawn, lit as it stands there. */
export function addPiece(piece: Piece, models: ReadonlyMap<string, BufferGeometry>, light: Light, into: { solid: Corners; clear: Corners; screens: Corners }): void {
  const shape = shapeOf(piece, models);
  if (!shape) return;
  const painted = piece.kind === 'box' || piece.kind === 'tube' ? piece : undefined;
  const clear = painted?.opacity !== undefined;
  add(shape, painted, light, clear ? into.clear : into.solid);
  if (piece.kind === 'screen') addPicture(piece, into.screens);
  shape.dispose();
}

function add(shape: BufferGeometry, painted: Box | Tube | undefined, light: Light, into: Corners): void {
  const [positions, normals, colours] = [shape.getAttribute('position'), shape.getAttribute('normal'), shape.getAttribute('color')];
  const own = new Color(painted?.colour ?? '#0b0f12');
  const first = into.count;
  const [at, normal, colour] = [new Vector3(), new Vector3(), new Color()];
  for (let i = 0; i < positions.count; i++) {
    at.fromBufferAttribute(positions, i);
    normal.fromBufferAttribute(normals, i).normalize();
    if (!painted && colours) colour.setRGB(colours.getX(i), colours.getY(i), colours.getZ(i));
    else colour.copy(own);
    if (painted?.glow === undefined) exposed(colour.multiply(light.falling(at, normal, false)).multiplyScalar(1 - LOW.share * Math.exp(-at.y / LOW.reach_m)));
    else colour.multiplyScalar(painted.glow);
    into.corner(at, colour, painted?.opacity ?? 1);
  }
  const index = shape.getIndex();
  if (!index) return;
  for (let i = 0; i < index.count; i += 3) into.triangle(first + index.getX(i), first + index.getX(i + 1), first + index.getX(i + 2));
}

/** The picture of a screen, a little before its body. */
function addPicture({ size_m: [width, height], at, turn_deg = 0, picture }: Screen, into: Corners): void {
  const turn = (turn_deg * Math.PI) / 180;
  const place = (x: number, y: number): Vector3 => new Vector3(x, y, 0).applyAxisAngle(new Vector3(0, 1, 0), turn).add(new Vector3(...at));
  const front = new Vector3(Math.sin(turn), 0, Math.cos(turn)).multiplyScalar(0.004);
  const [w, h] = [width / 2 - 0.012, height - 0.012];
  const [u0, v0, u1, v1] = pictureUv(picture);
  const corners = ([[-w, 0.012, u0, v0], [w, 0.012, u1, v0], [w, h, u1, v1], [-w, h, u0, v1]] as const).map(([x, y, u, v]) => into.corner(place(x, y).add(front), new Color(1, 1, 1), 1, [u, v]));
  const [a, b, c, d] = corners as [number, number, number, number];
  into.triangle(a, b, c);
  into.triangle(a, c, d);
}

/** The rectangle of a lamp, as it is seen. */
export function addLamp({ at, facing, size_m, colour, hidden }: Lamp, into: Corners): void {
  if (hidden) return;
  const normal = new Vector3(...facing).normalize();
  const across = new Vector3().crossVectors(Math.abs(normal.y) > 0.9 ? new Vector3(0, 0, 1) : new Vector3(0, 1, 0), normal).normalize();
  const along = new Vector3().crossVectors(normal, across);
  const shine = new Color(colour).multiplyScalar(LAMP_GLOW);
  const corners = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(([u = 0, v = 0]) => into.corner(new Vector3(...at).addScaledVector(across, u * size_m[0]).addScaledVector(along, v * size_m[1]), shine));
  const [a, b, c, d] = corners as [number, number, number, number];
  into.triangle(a, b, c);
  into.triangle(a, c, d);
}
