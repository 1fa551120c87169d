import { box, type PlaceDesign, placed, prop, tube } from '../design';
import { bedside, ceilingLamps, curtain, plant, skirting, trolley, windowPanes } from '../furniture';

const SIZE = [9.6, 2.9, 9.6] as const;

/** A bay of four beds at dusk. */
export const ward: PlaceDesign = {
  size_m: SIZE,
  paint: { floor: '#5d6b6a', pattern: 'plain', wall: '#6f8084', dado: { colour: '#4c6a6d', height_m: 1.1 }, ceiling: '#929a9b' },
  ambient: { sky: '#a3b6c2', ground: '#4a5250', strength: 0.21 },
  lamps: [
    ...ceilingLamps(2.9, [[-2.4, 1.2], [2.4, 1.2], [0, 3.6]], [1.2, 0.3], '#fff0d8', 2.6),
    { at: [0, 1.8, -4.7], facing: [0, -0.1, 1], size_m: [2.6, 1.5], colour: '#8fb0d8', strength: 1.7, hidden: true },
    ...[-3.1, 3.1].map((x) => ({ at: [x, 1.66, -4.68], facing: [0, 0.6, 0.5], size_m: [1.6, 0.1], colour: '#ffdfae', strength: 7, hidden: true }) as const),
    ...[-1, 1].map((side) => ({ at: [side * 4.68, 1.66, 0.4], facing: [side * -0.5, 0.6, 0], size_m: [1.6, 0.1], colour: '#ffdfae', strength: 7, hidden: true }) as const),
    { at: [0, 0.9, 0], facing: [0, 1, 0], size_m: [0.8, 0.8], colour: '#58c4c8', strength: 0.8, hidden: true },
  ],
  people: { sky: '#dbe6ea', ground: '#33393a', key: '#fff2df', back: '#a9c6ea' },
  pieces: [
    ...skirting(SIZE, '#3b4a4c'),
    box([9.58, 0.12, 0.04], [0, 0.86, -4.78], '#7b6a52'),
    ...placed(windowPanes(2.6, 1.5, '#86a6d0', 0.85), [0, 1.05, -4.79]),
    ...placed(bedside(), [-3.1, 0, -3.6]),
    ...placed(bedside(), [3.1, 0, -3.6]),
    ...placed(bedside(), [-3.6, 0, 0.4], 90),
    ...placed(bedside(), [3.6, 0, 0.4], -90),
    ...placed(curtain(1.9, '#7fa7a3'), [-1.75, 0, -3.8], 90),
    ...placed(curtain(1.9, '#7fa7a3'), [1.75, 0, -3.8], 90),
    ...placed(curtain(1.7, '#7fa7a3'), [-3.9, 0, -1.1]),
    ...placed(curtain(1.7, '#7fa7a3'), [3.9, 0, -1.1]),
    prop('chair', [-0.75, 0, -4.2], 12),
    prop('chair', [0.8, 0, -4.2], -14),
    ...placed(plant(), [0, 0, -4.4]),
    prop('wheelchair', [-3.9, 0, 3], 60),
    prop('washbasin', [4.45, 0.42, 2.9], -90),
    prop('dustbin', [4.5, 0, 3.6]),
    prop('door', [2.2, 0, 4.72], 180),
    prop('exit-sign', [2.2, 2.3, 4.7], 180),
    prop('extinguisher', [0.6, 0, 4.6], 180),
    prop('smoke-detector', [1.55, 2.65, -4.78]),
    ...placed(trolley(0.9), [-1.2, 0, 4.35], 180),
    box([1.3, 0.85, 0.02], [-1.9, 1.3, 4.78], '#c9cfc9'),
    ...[-2.3, -1.9, -1.5].map((x, i) => box([0.3, 0.42, 0.01], [x, 1.5 - 0.06 * i, 4.765], i === 1 ? '#8fb3bb' : '#e9e4d4')),
    tube(2, 0.006, [0, 0, 0], '#50605f'),
  ],
};
