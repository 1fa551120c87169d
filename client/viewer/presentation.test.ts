import { expect, test } from 'vitest';
import type { PresentationState } from '../../contract/imaging';
import { outlineOf, paintState } from './paint-state';
import type { Plane } from './plane';
import { areaOfState, drawnOn, fittedArea, isAbout, modalityOfState, viewOfState, windowOfState } from './presentation';
import { edgesOnScreen, matrixOf, toScreen } from './view';

const state = (more: Partial<PresentationState> = {}): PresentationState => ({
  study: '1',
  series: '1.2',
  sop: '1.2.9',
  class: '1.2.840.10008.5.1.4.1.1.11.1',
  label: 'MARKS',
  description: '',
  creator: '',
  images: [{ series: '1.1', sop: 'a', frames: [] }, { series: '1.1', sop: 'b', frames: [2, 3] }],
  windows: [],
  inverse: false,
  rotation_deg: 0,
  flipped: false,
  areas: [],
  shutters: [],
  shutter_shade: 0,
  layers: [],
  annotations: [],
  left_out: [],
  ...more,
});
const on = (sop: string) => [{ series: '1.1', sop, frames: [] }];

test('a state is about the images and frames that it names', () => {
  expect(isAbout(state(), { sop: 'a', frame: 7 })).toBe(true);
  expect([1, 2].map((frame) => isAbout(state(), { sop: 'b', frame }))).toEqual([false, true]);
  expect(isAbout(state(), { sop: 'c', frame: 1 })).toBe(false);
});

test('the first window that is about an image holds, by line or by table', () => {
  const windows: PresentationState['windows'] = [
    { on: on('b'), shown: { kind: 'window', centre: 40, width: 400, shape: 'sigmoid' }, name: '' },
    { on: [], shown: { kind: 'table', table: { first: 10, most: 255, entries: [0, 255] } }, name: 'Bone' },
  ];
  expect(windowOfState(state({ windows }), { sop: 'b', frame: 2 })).toMatchObject({ centre: 40, width: 400, shape: 'sigmoid' });
  const table = windowOfState(state({ windows }), { sop: 'a', frame: 1 });
  expect(table?.table).toMatchObject({ first: 10, name: 'Bone' });
  // The same each time it is asked for: a picture is painted again only when something changes.
  expect(windowOfState(state({ windows }), { sop: 'a', frame: 1 })).toBe(table);
  expect(windowOfState(state(), { sop: 'a', frame: 1 })).toBeUndefined();
});

test('without a modality transform stored values stand for themselves', () => {
  expect(modalityOfState(state()).rescale).toEqual({ slope: 1, intercept: 0 });
  expect(modalityOfState(state({ modality: { kind: 'rescale', slope: 2, intercept: -1000, unit: 'HU' } })).rescale.intercept).toBe(-1000);
});

test('layers lie in their order, and images have only what is drawn on them', () => {
  const annotation = (layer: string, sops: PresentationState['images']) => ({ on: sops, layer, graphics: [], texts: [] });
  const layer = (name: string, order: number) => ({ name, order, description: '' });
  const drawn = drawnOn(
    state({ layers: [layer('low', 1), layer('high', 5)], annotations: [annotation('high', []), annotation('low', on('a')), annotation('low', on('b'))] }),
    { sop: 'a', frame: 1 },
  );
  expect(drawn.map(({ layer: one }) => one?.name)).toEqual(['low', 'high']);
});

const plane: Plane = { columns: 100, rows: 50, spacing_mm: [1, 1], spacingSource: 'patient', place: undefined, thickness_mm: undefined };
const pane = { width: 400, height: 400 };

test('pictures are turned first and mirrored then', () => {
  // The letters of a picture: R on the left, A on top.
  const edges = { left: 'R', right: 'L', top: 'A', bottom: 'P' };
  const seen = (rotation_deg: number, flipped: boolean): string => {
    const { left, top, right, bottom } = edgesOnScreen(edges, viewOfState(state({ rotation_deg, flipped })));
    return `${left}${top}${right}${bottom}`;
  };
  expect([seen(0, false), seen(90, false), seen(180, false)]).toEqual(['RALP', 'PRAL', 'LPRA']);
  // Turned to the right, P is on the left and A on the right; mirrored, they change places.
  expect([seen(0, true), seen(90, true)]).toEqual(['LARP', 'ARPL']);
});

test('the area that is shown fills the pane', () => {
  const areas: PresentationState['areas'] = [{ on: [], top_left: [50, 10], bottom_right: [69, 29], mode: 'fit' }];
  const area = fittedArea(areaOfState(state({ areas }), { sop: 'a', frame: 1 }));
  const matrix = matrixOf(plane, { ...viewOfState(state()), ...(area ? { area } : {}) }, pane);
  expect(toScreen(matrix, { x: 49.5, y: 9.5 })).toEqual({ x: 0, y: 0 });
  expect(toScreen(matrix, { x: 69.5, y: 29.5 })).toEqual({ x: 400, y: 400 });
  expect(fittedArea({ on: [], top_left: [0, 0], bottom_right: [9, 9], mode: 'magnify', magnification: 3 })?.magnification).toBe(3);
  const large = matrixOf(plane, { ...viewOfState(state()), area: { left: 0, top: 0, right: 10, bottom: 10, magnification: 3 } }, pane);
  expect(large.a).toBe(3);
});

test('texts begin beside their point, however words were written before', () => {
  const written: unknown[] = [];
  const context = {
    textAlign: 'right',
    save: () => {},
    restore: () => {},
    setLineDash: () => {},
    measureText: (text: string) => ({ width: text.length * 7 }),
    strokeText: () => {},
    fillText: (text: string, x: number, y: number) => written.push([context.textAlign, text, x, y]),
  };
  const text = (at: [number, number]) => ({ text: 'two\nlines', anchor: { units: 'pixel' as const, at, line: false } });
  const annotations = [{ on: [], layer: 'MARKS', graphics: [], texts: [text([10, 10]), text([99, 49])] }];
  const matrix = matrixOf(plane, viewOfState(state()), pane);
  paintState(context as unknown as CanvasRenderingContext2D, plane, state({ annotations }), { sop: 'a', frame: 1 }, matrix, pane);
  const at = toScreen(matrix, { x: 10, y: 10 });
  expect(written.slice(0, 2)).toEqual([['left', 'two', at.x + 8, at.y], ['left', 'lines', at.x + 8, at.y + 16]]);
  // At the edge of the pane the words are moved in.
  expect(written[2]).toEqual(['left', 'two', 400 - 35 - 2, toScreen(matrix, { x: 99, y: 49 }).y]);
});

test('lines of graphics are what their points mean', () => {
  const circle = outlineOf({ kind: 'circle', points: [[10, 10], [13, 14]], filled: false });
  expect(circle.closed).toBe(true);
  for (const { x, y } of circle.line) expect(Math.hypot(x - 10, y - 10)).toBeCloseTo(5);
  const ellipse = outlineOf({ kind: 'ellipse', points: [[0, 5], [20, 5], [10, 0], [10, 10]], filled: false });
  for (const { x, y } of ellipse.line) expect(((x - 10) / 10) ** 2 + ((y - 5) / 5) ** 2).toBeCloseTo(1);
  expect(outlineOf({ kind: 'polyline', points: [[0, 0], [4, 0], [4, 4], [0, 0]], filled: false }).closed).toBe(true);
  expect(outlineOf({ kind: 'polyline', points: [[0, 0], [4, 0], [4, 4]], filled: false }).closed).toBe(false);
  const curve = outlineOf({ kind: 'interpolated', points: [[0, 0], [4, 2], [8, 0]], filled: false }).line;
  for (const [x, y] of [[0, 0], [4, 2], [8, 0]]) expect(curve).toContainEqual({ x, y });
});
