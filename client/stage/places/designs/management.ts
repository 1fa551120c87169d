import { box, type PlaceDesign, placed, prop, screen, tube } from '../design';
import { ceilingLamps, console as desk, plant, skirting } from '../furniture';

const SIZE = [9.6, 3.2, 9.6] as const;

/** The command centre: a wall of screens, desks before it, little other light. */
export const management: PlaceDesign = {
  size_m: SIZE,
  paint: { floor: '#2f3844', pattern: 'plain', wall: '#3b4656', dado: { colour: '#313b4a', height_m: 0.9 }, ceiling: '#3d444e' },
  ambient: { sky: '#7f95b8', ground: '#2f3747', strength: 0.25 },
  lamps: [
    ...ceilingLamps(3.2, [[-3, 0.4], [3, 0.4], [-3, 3.2], [3, 3.2], [-3, -2.4], [3, -2.4]], [0.5, 0.5], '#dfe9ff', 6),
    { at: [0, 1.9, -4.6], facing: [0, -0.2, 1], size_m: [6, 1.8], colour: '#4fa3b8', strength: 0.9, hidden: true },
    { at: [-4.7, 2.9, 0], facing: [1, -1, 0], size_m: [9, 0.06], colour: '#4c86ff', strength: 3.4, hidden: true },
    { at: [4.7, 2.9, 0], facing: [-1, -1, 0], size_m: [9, 0.06], colour: '#4c86ff', strength: 3.4, hidden: true },
    { at: [0, 0.9, 0], facing: [0, 1, 0], size_m: [0.8, 0.8], colour: '#58c4c8', strength: 0.8, hidden: true },
  ],
  people: { sky: '#c9d8f0', ground: '#232a35', key: '#e9f1ff', back: '#86b6ff' },
  pieces: [
    ...skirting(SIZE, '#1d242d'),
    ...[-1, 1].map((side) => box([0.03, 0.03, 9.5], [side * 4.76, 2.95, 0], '#4c86ff', { glow: 0.8 })),
    box([6.5, 2.15, 0.06], [0, 0.85, -4.76], '#151c24'),
    ...(['bars', 'plan', 'wave'] as const).map((picture, i) => screen([2.08, 0.98], [(i - 1) * 2.12, 1.92, -4.68], picture)),
    ...(['plan', 'bars', 'plan'] as const).map((picture, i) => screen([2.08, 0.98], [(i - 1) * 2.12, 0.92, -4.68], picture)),
    // Who sits there has the wall of screens before them, and turns round to the table.
    ...placed(desk(), [-2.85, 0, -2.75], 24),
    ...placed(desk(), [2.85, 0, -2.75], -24),
    prop('chair', [-2.95, 0, -1.95], 204),
    prop('chair', [-2.2, 0, -2.2], 196),
    prop('chair', [2.95, 0, -1.95], -204),
    prop('chair', [2.2, 0, -2.2], -196),
    ...placed(desk(2, ['wave', 'bars']), [-4, 0, 1.2], 90),
    prop('chair', [-3.2, 0, 1.2], -90),
    ...placed(desk(2, ['plan', 'slice']), [4, 0, 1.2], -90),
    prop('chair', [3.2, 0, 1.2], 90),
    prop('filing-cabinet', [-4.5, 0, 3.4], 90),
    prop('printer', [-4.5, 0.6, 3.4], 90),
    prop('cooler', [-3.4, 0, 4.5], 180),
    ...placed(plant(), [4.3, 0, 4.3]),
    ...placed(plant(), [-4.35, 0, -4.3]),
    ...placed(plant(), [4.35, 0, -4.3]),
    prop('door', [1.6, 0, 4.72], 180),
    prop('exit-sign', [1.6, 2.3, 4.7], 180),
    prop('extinguisher', [3.2, 0, 4.6], 180),
    tube(2.1, 0.01, [0, 0, 0], '#27303b'),
  ],
};
