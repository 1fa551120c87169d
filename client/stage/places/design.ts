import type { Vec3 } from '../../core/frames';

/** The six rooms of the hospital, each a place to be in. */
export const PLACES = ['consulting', 'operating', 'ward', 'research', 'teaching', 'management'] as const;
export type PlaceId = (typeof PLACES)[number];

/** Models in `public/props`; their front looks along +Z, they stand on the floor. */
export type PropName =
  | 'bed' | 'bench' | 'cabinet-drawers' | 'cabinet-glass' | 'chair' | 'class-seat' | 'cooler' | 'desk' | 'door' | 'dustbin' | 'exit-sign' | 'extinguisher'
  | 'filing-cabinet' | 'laptop' | 'medicine-bottle' | 'medicine-box' | 'plant' | 'printer' | 'smoke-detector' | 'stool' | 'technical-table' | 'washbasin'
  | 'wheelchair' | 'whiteboard';

/** What a screen shows: shapes without a number, since nothing is measured here. */
export type Picture = 'wave' | 'plan' | 'bars' | 'slice' | 'board';

interface Standing {
  /** Metres in the room, Y up; the middle of the underside. */
  readonly at: Vec3;
  /** About Y, counted as three.js does: 90 turns a front from +Z to +X. */
  readonly turn_deg?: number;
}

/** A thing from a model. */
export interface Prop extends Standing {
  readonly kind: 'prop';
  readonly name: PropName;
}

interface Painted extends Standing {
  readonly colour: string;
  /** Shines by itself, this many times its colour; left out, it is lit. */
  readonly glow?: number;
  /** Seen through, as glass and thin cloth are: 0…1. */
  readonly opacity?: number;
}

export interface Box extends Painted {
  readonly kind: 'box';
  /** Width along x, height along y, depth along z, metres. */
  readonly size_m: Vec3;
}

/** A cylinder or a cone's part. */
export interface Tube extends Painted {
  readonly kind: 'tube';
  readonly radius_m: number;
  readonly topRadius_m?: number;
  readonly height_m: number;
  /** Leans from upright about the thing's own x. */
  readonly lean_deg?: number;
}

/** A picture that shines, upright, its front along +Z. */
export interface Screen extends Standing {
  readonly kind: 'screen';
  readonly size_m: readonly [number, number];
  readonly picture: Picture;
}

export type Piece = Prop | Box | Tube | Screen;

/** A rectangle that shines to one side. */
export interface Lamp {
  /** Its middle. */
  readonly at: Vec3;
  readonly facing: Vec3;
  readonly size_m: readonly [number, number];
  readonly colour: string;
  /** How bright it is: a white surface that sees nothing but a lamp of 1 looks white. */
  readonly strength: number;
  /** Whether the rectangle itself is drawn; lamps in furniture draw their own. */
  readonly hidden?: boolean;
}

/** Light from everywhere, for what no lamp reaches. */
export interface Ambient {
  readonly sky: string;
  readonly ground: string;
  readonly strength: number;
}

export interface Paint {
  readonly floor: string;
  readonly pattern: 'planks' | 'tiles' | 'plain';
  readonly wall: string;
  /** The lower part of the walls, and how high it goes. */
  readonly dado?: { readonly colour: string; readonly height_m: number };
  readonly ceiling: string;
}

/** One room as data: how large, how painted, how lit, what stands in it. The table of light is at the origin. */
export interface PlaceDesign {
  /** Width, height, depth. */
  readonly size_m: Vec3;
  /** The middle of the floor; the origin where left out. */
  readonly middle_m?: readonly [number, number];
  readonly paint: Paint;
  readonly ambient: Ambient;
  readonly lamps: readonly Lamp[];
  readonly pieces: readonly Piece[];
  /** How people and surfaces in the middle are lit; they move, so that their light is worked out as they are drawn. */
  readonly people: { readonly sky: string; readonly ground: string; readonly key: string; readonly back: string };
}

/** A box along the axes around something that stands there: it throws shadows and stops feet. */
export interface Extent {
  readonly min: Vec3;
  readonly max: Vec3;
}

export const prop = (name: PropName, at: Vec3, turn_deg = 0): Prop => ({ kind: 'prop', name, at, turn_deg });
export const box = (size_m: Vec3, at: Vec3, colour: string, more: Partial<Box> = {}): Box => ({ kind: 'box', size_m, at, colour, ...more });
export const tube = (radius_m: number, height_m: number, at: Vec3, colour: string, more: Partial<Tube> = {}): Tube => ({ kind: 'tube', radius_m, height_m, at, colour, ...more });
export const screen = (size_m: readonly [number, number], at: Vec3, picture: Picture, turn_deg = 0): Screen => ({ kind: 'screen', size_m, at, picture, turn_deg });

/** A group of things, made around the origin, brought to a place and turned there. */
export function placed(pieces: readonly Piece[], at: Vec3, turn_deg = 0): Piece[] {
  const turn = (turn_deg * Math.PI) / 180;
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return pieces.map((piece) => {
    const [x, y, z] = piece.at;
    const moved: Vec3 = [at[0] + c * x + s * z, at[1] + y, at[2] - s * x + c * z];
    return { ...piece, at: moved, turn_deg: (piece.turn_deg ?? 0) + turn_deg };
  });
}
