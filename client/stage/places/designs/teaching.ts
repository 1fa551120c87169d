import { box, type Piece, type PlaceDesign, placed, prop, screen, tube } from '../design';
import { ceilingLamps, lectern, plant, skirting } from '../furniture';

const SIZE = [9.6, 3.4, 9.6] as const;
/** Rows of seats around the table: radius, height of the step, seats, half of the angle they fill. */
const ROWS = [[2.65, 0, 5, 34], [3.5, 0.22, 7, 37], [4.35, 0.44, 8, 38]] as const;

/** Seats that look at the table, behind it and to its sides. */
function rows(): Piece[] {
  return ROWS.flatMap(([radius, height, seats, half]) =>
    Array.from({ length: seats }, (_, i) => {
      const turn = -half + (i * 2 * half) / (seats - 1);
      const angle = (turn * Math.PI) / 180;
      return prop('class-seat', [-Math.sin(angle) * radius, height, -Math.cos(angle) * radius], turn);
    }),
  );
}

/** A small lecture theatre: steps of wood around the table, a board at the side. */
export const teaching: PlaceDesign = {
  size_m: SIZE,
  paint: { floor: '#54483e', pattern: 'planks', wall: '#5b5148', dado: { colour: '#6f5636', height_m: 1.3 }, ceiling: '#6a6560' },
  ambient: { sky: '#b7a995', ground: '#4a3f35', strength: 0.19 },
  lamps: [
    ...ceilingLamps(3.4, [[-3.2, -3.4], [-1.1, -3.6], [1.1, -3.6], [3.2, -3.4], [-3.4, 0.6], [3.4, 0.6], [-1.8, 3.6], [1.8, 3.6]], [0.42, 0.42], '#ffdcae', 7),
    { at: [-4.6, 1.9, 1.2], facing: [1, 0, -0.2], size_m: [2.4, 1.3], colour: '#9fd3e0', strength: 0.8, hidden: true },
    { at: [0, 0.9, 0], facing: [0, 1, 0], size_m: [0.8, 0.8], colour: '#58c4c8', strength: 0.8, hidden: true },
  ],
  people: { sky: '#e3dccf', ground: '#3a322a', key: '#ffe6c6', back: '#a8d3de' },
  pieces: [
    ...skirting(SIZE, '#33291f'),
    // Steps: each row stands on a board as deep as the room behind it.
    box([9.56, 0.22, 1.7], [0, 0, -3.94], '#5f4b36'),
    box([9.56, 0.22, 0.86], [0, 0.22, -4.36], '#66513a'),
    ...[[0.2, -3.09], [0.42, -3.93]].map(([y = 0, z = 0]) => box([9.56, 0.02, 0.03], [0, y, z], '#e8c48a', { glow: 0.42 })),
    ...rows(),
    // Slats on the back wall.
    ...Array.from({ length: 25 }, (_, i) => box([0.06, 1.9, 0.03], [-4.56 + i * 0.38, 1.3, -4.78], '#7b5f3e')),
    screen([2.6, 1.46], [-4.74, 1.15, 1.2], 'board', 90),
    prop('whiteboard', [-3.9, 0, 3.2], 120),
    ...placed(lectern(), [3.3, 0, 1.7], -120),
    screen([1.2, 0.7], [4.74, 1.5, 0.6], 'slice', -90),
    prop('cabinet-glass', [4.5, 0, 3.3], -90),
    prop('cabinet-drawers', [4.35, 0, 2.6], -90),
    prop('plant', [4.4, 0.885, 2.6]),
    ...placed(plant(), [4.3, 0, 4.3]),
    prop('door', [-1.6, 0, 4.72], 180),
    prop('exit-sign', [-1.6, 2.35, 4.7], 180),
    prop('extinguisher', [0.3, 0, 4.6], 180),
    prop('dustbin', [-4.5, 0, 4.4]),
    screen([3, 1.3], [2.6, 1.5, 4.74], 'bars', 180),
    tube(2.05, 0.01, [0, 0, 0], '#43392f'),
  ],
};
