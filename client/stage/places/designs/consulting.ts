import { box, type PlaceDesign, placed, prop, screen, tube } from '../design';
import { ceilingLamps, couch, curtain, desk, plant, shelves, skirting, windowPanes } from '../furniture';

const SIZE = [9.6, 3, 9.6] as const;

/** A consulting room in the evening: oak, a couch behind a curtain, a desk, a window. */
export const consulting: PlaceDesign = {
  size_m: SIZE,
  paint: { floor: '#6d5640', pattern: 'planks', wall: '#4f666b', dado: { colour: '#6b553c', height_m: 1 }, ceiling: '#8d9496' },
  ambient: { sky: '#8fa9b3', ground: '#5a4a3a', strength: 0.19 },
  lamps: [
    ...ceilingLamps(3, [[-2.6, -2.8], [2.6, -2.8], [-2.6, 2.6], [2.6, 2.6]], [1.1, 0.5], '#ffe2b8', 5),
    { at: [-4.7, 1.75, -0.6], facing: [1, -0.15, 0], size_m: [3.4, 1.5], colour: '#86a8cf', strength: 1.1, hidden: true },
    { at: [0, 0.9, 0], facing: [0, 1, 0], size_m: [0.8, 0.8], colour: '#58c4c8', strength: 0.8, hidden: true },
  ],
  people: { sky: '#d9e0dc', ground: '#3a3027', key: '#ffe9cc', back: '#9fd3e0' },
  pieces: [
    ...skirting(SIZE, '#3f3325'),
    box([9.58, 0.05, 0.03], [0, 1, -4.78], '#4a3a29'),
    ...[-1, 1].map((side) => box([0.03, 0.05, 9.58], [side * 4.78, 1, 0], '#4a3a29')),
    tube(1.95, 0.012, [0, 0, 0], '#3c5358'),
    tube(1.8, 0.014, [0, 0, 0], '#324549'),
    ...placed(windowPanes(3.4, 1.5, '#7d9cc4', 0.8), [-4.79, 1, -0.6], 90),
    // To the left of the back wall one talks, to the right one is looked at.
    ...placed(desk(), [-3.1, 0, -3.2], 26),
    prop('cabinet-glass', [-1.75, 0, -4.5]),
    prop('plant', [-1.75, 0.72, -4.5]),
    screen([1.5, 0.85], [0.1, 1.3, -4.74], 'board'),
    box([0.5, 0.6, 0.02], [-3.1, 1.45, -4.77], '#7f8f7a'),
    box([0.56, 0.66, 0.014], [-3.1, 1.42, -4.785], '#2f261c'),
    ...placed(couch(), [3.35, 0, -3.3], -8),
    ...placed(curtain(2.1, '#9fb2ab'), [2.35, 0, -3.75], 90),
    prop('cabinet-drawers', [4.35, 0, -1.5], -90),
    prop('medicine-bottle', [4.35, 0.885, -1.4]),
    prop('medicine-box', [4.3, 0.885, -1.65], 30),
    prop('washbasin', [4.45, 0.42, -0.4], -90),
    prop('dustbin', [4.5, 0, 0.25]),
    prop('door', [4.72, 0, 2.2], -90),
    prop('exit-sign', [4.7, 2.3, 2.2], -90),
    prop('smoke-detector', [1.5, 2.75, -4.78]),
    prop('bench', [-4.4, 0, 2.3], 90),
    ...placed(shelves(2.6, 4), [-1.6, 0.5, 4.62], 180),
    prop('cabinet-drawers', [-2.6, 0, 4.45], 180),
    prop('cabinet-drawers', [-0.6, 0, 4.45], 180),
    box([0.9, 0.6, 0.02], [1.2, 1.4, 4.78], '#8a9a92'),
    prop('chair', [1.2, 0, 4.2], 180),
    ...placed(plant(), [-4.35, 0, 4.3]),
    ...placed(plant(), [-4.4, 0, -2.7]),
    prop('cooler', [3.2, 0, 4.5], 180),
  ],
};
