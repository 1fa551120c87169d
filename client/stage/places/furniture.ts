import type { Vec3 } from '../../core/frames';
import { box, type Lamp, type Piece, placed, prop, screen, tube } from './design';

/** Furniture made of boxes and tubes, around the origin, its front along +Z; `placed` brings it where it stands. */
const STEEL = '#a9b4b8';
const DARK = '#20282d';
const WHITE = '#dfe4e4';

export function operatingTable(): Piece[] {
  const cloth = '#2b7f86';
  return [
    box([0.5, 0.12, 0.8], [0, 0, 0], DARK),
    tube(0.16, 0.62, [0, 0.1, 0], STEEL, { topRadius_m: 0.13 }),
    box([0.6, 0.05, 2], [0, 0.76, 0], DARK),
    ...([[-0.76, 0.46], [-0.1, 0.82], [0.7, 0.72]] as const).map(([z, long]) => box([0.56, 0.09, long - 0.02], [0, 0.81, z], cloth)),
    ...[-0.36, 0.36].map((x) => box([0.12, 0.04, 0.6], [x * 1.25, 0.83, -0.42], cloth, { turn_deg: x < 0 ? 16 : -16 })),
  ];
}

/** A lamp for operations that hangs from the ceiling; the light itself is a `Lamp` of the place. */
export function surgicalLamp(ceiling_m: number): Piece[] {
  const head = (x: number, y: number, radius: number): Piece[] => [
    tube(radius, 0.09, [x, y, 0], WHITE, { topRadius_m: radius * 0.72 }),
    tube(radius * 0.86, 0.01, [x, y - 0.012, 0], '#fff6e2', { glow: 1 }),
  ];
  return [
    tube(0.05, ceiling_m - 2.5, [0, 2.5, 0], STEEL),
    box([1.2, 0.06, 0.06], [0, 2.46, 0], STEEL),
    ...[-0.6, 0.6].map((x) => tube(0.025, 0.3, [x, 2.18, 0], STEEL)),
    ...head(-0.6, 2.1, 0.36),
    ...head(0.6, 2.1, 0.28),
  ];
}

/** A tower of machines with a screen, as beside the head of an operating table. */
export function anaesthesiaMachine(): Piece[] {
  return [
    box([0.72, 0.86, 0.6], [0, 0.1, 0], '#c3ced2'),
    ...[0.2, 0.42, 0.64].map((y) => box([0.6, 0.17, 0.02], [0, y, 0.31], '#95a3a9')),
    box([0.8, 0.04, 0.66], [0, 0.96, 0], DARK),
    box([0.62, 0.5, 0.3], [0, 1, -0.12], '#b4c0c5'),
    screen([0.5, 0.32], [-0.02, 1.1, 0.06], 'wave'),
    tube(0.06, 0.34, [0.33, 1, 0.2], '#7fa9b8', { opacity: 0.7 }),
    ...[-0.3, 0.3].flatMap((x) => [-0.24, 0.24].map((z) => tube(0.045, 0.1, [x, 0, z], DARK))),
    tube(0.02, 0.55, [-0.26, 1.5, -0.14], STEEL),
    screen([0.48, 0.3], [-0.26, 1.76, -0.1], 'slice'),
  ];
}

/** Steel shelves on wheels. */
export function trolley(width_m = 0.8, depth_m = 0.48, height_m = 0.88): Piece[] {
  const [w, d] = [width_m / 2 - 0.03, depth_m / 2 - 0.03];
  return [
    ...[-w, w].flatMap((x) => [-d, d].map((z) => tube(0.014, height_m, [x, 0.02, z], STEEL))),
    ...[0.25, height_m].map((y) => box([width_m, 0.022, depth_m], [0, y, 0], '#b9c3c6')),
    box([width_m * 0.7, 0.015, depth_m * 0.7], [0, height_m + 0.022, 0], '#2f7f86'),
    ...[-0.22, -0.1, 0.02, 0.14, 0.24].map((x, i) => box([0.02, 0.012, 0.16 + (i % 2) * 0.05], [x * width_m, height_m + 0.037, 0], STEEL)),
  ];
}

export function dripStand(): Piece[] {
  return [
    ...[0, 60, 120].map((turn) => box([0.56, 0.03, 0.03], [0, 0.05, 0], STEEL, { turn_deg: turn })),
    tube(0.013, 1.85, [0, 0.05, 0], STEEL),
    box([0.3, 0.012, 0.012], [0, 1.88, 0], STEEL),
    box([0.11, 0.2, 0.035], [0.12, 1.64, 0], '#b9d3dc', { opacity: 0.8 }),
    box([0.13, 0.2, 0.12], [0, 1.1, 0.06], '#c9d2d4'),
  ];
}

/** A couch on which patients are looked at. */
export function couch(): Piece[] {
  return [
    ...[-0.28, 0.28].flatMap((x) => [-0.8, 0.8].map((z) => box([0.06, 0.5, 0.06], [x, 0, z], STEEL))),
    box([0.66, 0.08, 1.9], [0, 0.5, 0], '#4a3d31'),
    box([0.64, 0.1, 1.3], [0, 0.58, 0.28], '#4f7f86'),
    box([0.64, 0.12, 0.56], [0, 0.64, -0.66], '#4f7f86'),
    box([0.5, 0.008, 1.3], [0, 0.682, 0.28], '#d5dad8'),
    box([0.44, 0.08, 0.3], [0, 0.76, -0.7], '#d9dedd'),
  ];
}

/** A desk with a laptop, a chair behind it and one before it. */
export function desk(guest = true): Piece[] {
  return [
    prop('desk', [0, 0, 0]),
    prop('laptop', [0.1, 0.746, 0.02], 180),
    prop('chair', [0.05, 0, -0.72]),
    ...(guest ? [prop('chair', [-0.1, 0, 0.9], 180)] : []),
  ];
}

/** A plant as high as a person's hip. */
export function plant(): Piece[] {
  return [tube(0.17, 0.42, [0, 0, 0], '#8a8f8c', { topRadius_m: 0.21 }), prop('plant', [0, 0.36, 0]), prop('plant', [0.07, 0.46, 0.05], 70), prop('plant', [-0.06, 0.52, -0.04], 160)];
}

/** A bench along a wall, with cupboards below. */
export function bench(width_m: number, top = '#cfd6d8', body = '#8fa0a8'): Piece[] {
  const doors = Math.max(1, Math.round(width_m / 0.6));
  return [
    box([width_m, 0.08, 0.58], [0, 0, -0.03], DARK),
    box([width_m, 0.76, 0.62], [0, 0.08, 0], body),
    ...Array.from({ length: doors }, (_, i) => box([width_m / doors - 0.02, 0.7, 0.02], [-width_m / 2 + (i + 0.5) * (width_m / doors), 0.11, 0.31], '#a9b7bd')),
    ...Array.from({ length: doors }, (_, i) => box([0.14, 0.015, 0.02], [-width_m / 2 + (i + 0.5) * (width_m / doors), 0.72, 0.33], STEEL)),
    box([width_m + 0.04, 0.04, 0.7], [0, 0.84, 0], top),
  ];
}

/** Boards on a wall with bottles and boxes. */
export function shelves(width_m: number, boards = 2): Piece[] {
  const things = (y: number, seed: number): Piece[] =>
    Array.from({ length: Math.floor(width_m / 0.17) }, (_, i) => {
      const at: Vec3 = [-width_m / 2 + 0.1 + i * 0.17, y, 0.02 * ((i * 7 + seed) % 3)];
      return (i * 5 + seed) % 4 === 0 ? prop('medicine-box', at, 8 * ((i + seed) % 3)) : tube(0.034, 0.12 + 0.05 * ((i + seed) % 3), at, (['#7b4a1f', '#c7d3d6', '#2c6f8f', '#d9c27a'] as const)[(i + seed) % 4] ?? STEEL);
    });
  return Array.from({ length: boards }, (_, row) => [box([width_m, 0.025, 0.28], [0, row * 0.4, 0], '#b6c1c5'), ...things(row * 0.4 + 0.025, row * 3)]).flat();
}

export function microscope(): Piece[] {
  return [
    box([0.2, 0.04, 0.26], [0, 0, 0], WHITE),
    box([0.06, 0.32, 0.07], [0, 0.04, -0.08], WHITE),
    box([0.16, 0.015, 0.15], [0, 0.16, 0.03], DARK),
    tube(0.025, 0.1, [0, 0.2, 0.03], DARK, { topRadius_m: 0.035 }),
    box([0.08, 0.06, 0.2], [0, 0.34, 0], WHITE),
    ...[-0.03, 0.03].map((x) => tube(0.016, 0.13, [x, 0.37, 0.07], DARK, { lean_deg: 40 })),
  ];
}

/** A cupboard with a glass front, in which air is drawn off. */
export function fumeHood(): Piece[] {
  return [
    box([1.5, 0.85, 0.75], [0, 0, 0], '#8fa0a8'),
    box([1.54, 0.05, 0.8], [0, 0.85, 0], '#39444a'),
    ...[-0.72, 0.72].map((x) => box([0.1, 1.25, 0.75], [x, 0.9, 0], '#c4ced2')),
    box([1.54, 0.35, 0.75], [0, 2.15, 0], '#c4ced2'),
    box([1.34, 1.25, 0.03], [0, 0.9, -0.35], '#dfe6e8'),
    box([1.3, 0.03, 0.1], [0, 2.1, 0.1], '#f3fbff', { glow: 0.95 }),
    box([1.34, 0.75, 0.015], [0, 1.4, 0.34], '#8fc3d0', { opacity: 0.16 }),
    ...[-0.4, -0.15, 0.2, 0.42].map((x, i) => tube(0.05, 0.16 + 0.04 * (i % 2), [x, 0.9, -0.1 + 0.06 * i], '#9fc9d6', { opacity: 0.55 })),
  ];
}

/** A curtain in folds, hanging from a rail. */
export function curtain(length_m: number, colour: string, rail_m = 2.3): Piece[] {
  const folds = Math.round(length_m / 0.14);
  return [
    box([length_m, 0.025, 0.025], [0, rail_m, 0], STEEL),
    ...Array.from({ length: folds }, (_, i) => box([0.15, rail_m - 0.32, 0.02], [-length_m / 2 + (i + 0.5) * (length_m / folds), 0.3, 0], colour, { turn_deg: i % 2 === 0 ? 24 : -24 })),
  ];
}

/** The strip behind the head of a bed, with light above it and sockets. */
export function headwall(width_m = 1.7): Piece[] {
  return [
    box([width_m, 0.26, 0.06], [0, 1.35, 0.03], '#b9c4c4'),
    box([width_m - 0.1, 0.03, 0.05], [0, 1.62, 0.04], '#ffe9c9', { glow: 0.9 }),
    ...[-0.6, -0.45, 0.45, 0.6].map((x) => tube(0.035, 0.02, [x, 1.47, 0.06], '#2f6f78', { lean_deg: 90 })),
    ...[-0.25, 0.25].map((x) => box([0.1, 0.1, 0.02], [x, 1.42, 0.06], '#eef1f0')),
  ];
}

/** A bed with its headwall, locker and monitor, its head at the wall behind it. */
export function bedside(monitor = true): Piece[] {
  return [
    ...placed(headwall(), [0, 0, -1.18]),
    prop('bed', [0, 0, 0]),
    prop('filing-cabinet', [0.86, 0, -0.85]),
    prop('medicine-bottle', [0.8, 0.6, -0.85]),
    ...(monitor ? [box([0.05, 0.05, 0.24], [-0.62, 1.72, -1.06], STEEL), screen([0.42, 0.28], [-0.62, 1.6, -0.9], 'wave')] : []),
    ...placed(dripStand(), [-0.86, 0, -0.75]),
  ];
}

/** A long desk with screens for those who watch. */
export function console(width_m = 2.4, screens: readonly ('wave' | 'plan' | 'bars' | 'slice')[] = ['bars', 'plan', 'wave']): Piece[] {
  return [
    box([width_m, 0.05, 0.75], [0, 0.72, 0], '#5c6b78'),
    box([width_m, 0.5, 0.06], [0, 0.22, -0.32], '#3a4652'),
    ...[-1, 1].map((side) => box([0.06, 0.72, 0.7], [side * (width_m / 2 - 0.06), 0, 0], '#3a4652')),
    box([width_m - 0.1, 0.012, 0.02], [0, 0.705, 0.36], '#58c4c8', { glow: 0.7 }),
    ...screens.flatMap((picture, i) => {
      const x = (i - (screens.length - 1) / 2) * 0.68;
      return [box([0.2, 0.012, 0.16], [x, 0.77, -0.16], DARK), box([0.05, 0.2, 0.03], [x, 0.78, -0.18], DARK), screen([0.6, 0.36], [x, 0.93, -0.15], picture)];
    }),
    ...screens.map((_, i) => box([0.4, 0.014, 0.14], [(i - (screens.length - 1) / 2) * 0.68, 0.77, 0.14], DARK)),
  ];
}

export function lectern(): Piece[] {
  return [box([0.55, 0.06, 0.45], [0, 0, 0], '#4a3826'), box([0.4, 1, 0.28], [0, 0.06, 0], '#6d5338'), box([0.6, 0.04, 0.46], [0, 1.06, 0.02], '#7d6041'), prop('laptop', [0, 1.1, 0.02], 180)];
}

/** A window in a wall: panes that shine as the sky does, a frame, a sill. */
export function windowPanes(width_m: number, height_m: number, sky: string, glow: number): Piece[] {
  const bars = Math.max(1, Math.round(width_m / 0.9));
  return [
    box([width_m, height_m, 0.02], [0, 0, 0.01], sky, { glow }),
    box([width_m, height_m * 0.34, 0.022], [0, 0, 0.011], '#33475a', { glow: glow * 0.8 }),
    ...Array.from({ length: bars + 1 }, (_, i) => box([0.05, height_m, 0.07], [-width_m / 2 + (i * width_m) / bars, 0, 0.03], '#c9cfd0')),
    ...[0, height_m - 0.05].map((y) => box([width_m, 0.05, 0.07], [0, y, 0.03], '#c9cfd0')),
    box([width_m + 0.2, 0.03, 0.22], [0, -0.03, 0.1], '#b9b2a4'),
  ];
}

/** Rectangles of light in a ceiling, in rows. */
export function ceilingLamps(height_m: number, at: readonly (readonly [number, number])[], size_m: readonly [number, number], colour: string, strength: number): Lamp[] {
  return at.map(([x, z]) => ({ at: [x, height_m - 0.01, z], facing: [0, -1, 0], size_m, colour, strength }));
}

/** Strips along the foot of four walls. */
export function skirting([width, , depth]: Vec3, colour: string): Piece[] {
  return [-1, 1].flatMap((side) => [
    box([width, 0.09, 0.02], [0, 0, side * (depth / 2 - 0.01)], colour),
    box([0.02, 0.09, depth], [side * (width / 2 - 0.01), 0, 0], colour),
  ]);
}
