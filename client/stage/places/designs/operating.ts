import { box, type PlaceDesign, placed, prop, screen, tube } from '../design';
import { anaesthesiaMachine, bench, ceilingLamps, dripStand, operatingTable, skirting, surgicalLamp, trolley } from '../furniture';

const SIZE = [9.6, 3.1, 9.6] as const;

/** An operating theatre: panels of steel and green, the light where the table stands. */
export const operating: PlaceDesign = {
  size_m: SIZE,
  paint: { floor: '#3f5557', pattern: 'plain', wall: '#4c6f72', ceiling: '#8fa0a2' },
  ambient: { sky: '#9cc0c4', ground: '#2d4244', strength: 0.19 },
  lamps: [
    ...ceilingLamps(3.1, [[-3.4, 0], [3.4, 0], [-3.4, 3.4], [3.4, 3.4], [0, 4]], [0.3, 1.2], '#e2f2f2', 2.6),
    // Over the table: two heads of the lamp, pointed a little at each other.
    { at: [0.75, 2.08, -3.35], facing: [0.25, -1, 0], size_m: [0.62, 0.62], colour: '#fff4de', strength: 9, hidden: true },
    { at: [1.95, 2.08, -3.35], facing: [-0.25, -1, 0], size_m: [0.5, 0.5], colour: '#fff4de', strength: 7, hidden: true },
    { at: [0, 0.9, 0], facing: [0, 1, 0], size_m: [0.8, 0.8], colour: '#58c4c8', strength: 0.8, hidden: true },
  ],
  people: { sky: '#d4e8e8', ground: '#223034', key: '#f4fbff', back: '#a6e0d6' },
  pieces: [
    ...skirting(SIZE, '#2c3f41'),
    // Joints between the panels of the walls.
    ...[-3.2, -1.6, 0, 1.6, 3.2].map((x) => box([0.02, 3, 0.012], [x, 0.09, -4.794], '#34494b')),
    ...[-3.2, -1.6, 0, 1.6, 3.2].flatMap((z) => [-1, 1].map((side) => box([0.012, 3, 0.02], [side * 4.794, 0.09, z], '#34494b'))),
    box([9.58, 0.1, 0.02], [0, 1.12, -4.785], '#8aa3a4'),
    ...placed(operatingTable(), [1.35, 0, -3.35], 90),
    ...placed(surgicalLamp(3.1), [1.35, 0, -3.35]),
    ...placed(anaesthesiaMachine(), [3.4, 0, -3.6], -28),
    ...placed(trolley(), [0.35, 0, -4.3]),
    ...placed(trolley(1.1), [2.1, 0, -4.35]),
    ...placed(dripStand(), [2.75, 0, -4.35]),
    prop('stool', [2.9, 0, -2.5], -140),
    ...[-2.9, -1.55].map((x, i) => screen([1.2, 0.72], [x, 1.45, -4.74], i === 0 ? 'slice' : 'wave')),
    box([1.2, 0.86, 0.45], [-2.4, 0, -4.5], '#a7b6ba'),
    box([1.24, 0.03, 0.5], [-2.4, 0.86, -4.5], '#cfd8da'),
    prop('laptop', [-2.6, 0.89, -4.48]),
    prop('cabinet-glass', [-4.5, 0, -3.3], 90),
    prop('cabinet-glass', [-4.5, 0.72, -3.3], 90),
    prop('cabinet-glass', [-4.5, 0, -2.65], 90),
    prop('cabinet-glass', [-4.5, 0.72, -2.65], 90),
    prop('door', [-4.72, 0, 0.6], 90),
    prop('exit-sign', [-4.7, 2.3, 0.6], 90),
    prop('washbasin', [4.45, 0.45, 1], -90),
    prop('washbasin', [4.45, 0.45, 1.9], -90),
    box([0.02, 0.5, 2], [4.785, 1.15, 1.45], '#b8c7c9'),
    prop('dustbin', [4.5, 0, 2.6]),
    ...placed(trolley(0.7), [4.3, 0, -0.6], 90),
    prop('extinguisher', [-4.6, 0, 2.4], 90),
    // Behind whoever stands before the table: a window to the next room, cupboards below it.
    box([2.6, 1, 0.02], [-0.6, 1.25, 4.78], '#203a44', { glow: 0.55 }),
    ...[-1.9, -0.6, 0.7].map((x) => box([0.05, 1.04, 0.04], [x, 1.23, 4.77], '#9fb0b2')),
    ...placed(bench(3.2), [-0.6, 0, 4.42], 180),
    tube(2.05, 0.006, [0, 0, 0], '#364a4c'),
  ],
};
