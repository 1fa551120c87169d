import { box, type PlaceDesign, placed, prop, screen, tube } from '../design';
import { bench, ceilingLamps, fumeHood, microscope, shelves, skirting } from '../furniture';

const SIZE = [9.6, 3, 9.6] as const;

/** A laboratory at night: benches along the walls, light under the shelves. */
export const research: PlaceDesign = {
  size_m: SIZE,
  paint: { floor: '#4d5560', pattern: 'tiles', wall: '#596577', ceiling: '#7f8791' },
  ambient: { sky: '#93a6c4', ground: '#3a4150', strength: 0.19 },
  lamps: [
    ...ceilingLamps(3, [[-2.8, -2.6], [0, -2.6], [2.8, -2.6], [-2.8, 2.6], [2.8, 2.6]], [0.18, 2.2], '#dbe8ff', 2.1),
    { at: [-0.9, 1.5, -4.35], facing: [0, -1, 0.15], size_m: [4.6, 0.08], colour: '#d5f0ff', strength: 8, hidden: true },
    { at: [4.35, 1.5, -0.8], facing: [-0.15, -1, 0], size_m: [0.08, 3], colour: '#d5f0ff', strength: 8, hidden: true },
    { at: [3.3, 2.05, -4.1], facing: [0, -1, 0.3], size_m: [1.2, 0.2], colour: '#e9fbff', strength: 4, hidden: true },
    { at: [0, 0.9, 0], facing: [0, 1, 0], size_m: [0.8, 0.8], colour: '#58c4c8', strength: 0.8, hidden: true },
  ],
  people: { sky: '#d6e1f2', ground: '#2b3039', key: '#f2f6ff', back: '#9cc0ff' },
  pieces: [
    ...skirting(SIZE, '#333b47'),
    ...placed(bench(4.8), [-0.9, 0, -4.42]),
    ...placed(shelves(4.6), [-0.9, 1.55, -4.62]),
    box([4.6, 0.02, 0.08], [-0.9, 1.525, -4.5], '#d5f0ff', { glow: 0.9 }),
    ...placed(microscope(), [-2.5, 0.88, -4.35], 20),
    ...placed(microscope(), [-1.4, 0.88, -4.35], -12),
    screen([0.62, 0.38], [-0.4, 0.98, -4.45], 'slice'),
    screen([0.62, 0.38], [0.35, 0.98, -4.45], 'bars'),
    prop('laptop', [0.95, 0.88, -4.32], -10),
    ...placed(fumeHood(), [3.3, 0, -4.35]),
    prop('stool', [-2.3, 0, -3.5], 170),
    prop('stool', [-0.4, 0, -3.5], 190),
    ...placed(bench(3.2), [4.42, 0, -0.8], -90),
    ...placed(shelves(3), [4.62, 1.55, -0.8], -90),
    box([0.08, 0.02, 3], [4.5, 1.525, -0.8], '#d5f0ff', { glow: 0.9 }),
    prop('printer', [4.4, 0.88, 0.3], -90),
    ...placed(microscope(), [4.35, 0.88, -1.2], -80),
    prop('stool', [3.5, 0, -0.8], -90),
    prop('technical-table', [-3.9, 0, -1.3], 90),
    screen([1.6, 0.95], [-4.74, 1.3, -1.3], 'bars', 90),
    prop('whiteboard', [-4.15, 0, 1.6], 80),
    prop('filing-cabinet', [-4.5, 0, 3], 90),
    prop('filing-cabinet', [-4.5, 0, 3.45], 90),
    prop('cabinet-glass', [-4.5, 0, 4.2], 90),
    prop('door', [2.4, 0, 4.72], 180),
    prop('exit-sign', [2.4, 2.3, 4.7], 180),
    prop('extinguisher', [4.6, 0, 3.3], -90),
    prop('washbasin', [4.45, 0.45, 1.7], -90),
    prop('smoke-detector', [1.9, 2.75, -4.78]),
    tube(2, 0.006, [0, 0, 0], '#434b56'),
  ],
};
