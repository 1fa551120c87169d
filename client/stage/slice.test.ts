import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Vec3 } from '../core/frames';
import type { VolumeStore } from '../core/volume/store';
import { HOLOGRAM } from '../room/fake-hologram';
import { createSlice } from './slice';
import type { Slice, SliceState } from './slice';
import type { Tool } from './tools';

const part = (name: string): object => ({ name, colour: '#ffffff' });
const surfaces = [part('heart'), part('bones'), part('skin'), part('lesion-1')];
/** Each pixel is a millimetre, on the page too. */
const preview = { size: [4, 4, 4], factor: [10, 10, 1], url: '' };
const manifest = { preview, size: [40, 40, 4], spacing_mm: [1, 1, 1], origin_lps_mm: [0, 0, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1], surfaces, lesions: [{ surface: 'lesion-1', label: { zh: '结节', en: 'nodule' }, mean_diameter_mm: 7.04 }] };
/** A wall across the slices at 10 mm, and which surfaces were asked for. */
const WALL = { positions_lps_mm: Float32Array.from([10, 0, -50, 10, 0, 50, 10, 39, -50, 10, 39, 50]), normals_lps: new Float32Array(12), indices: Uint32Array.from([0, 1, 2, 1, 3, 2]) };
let asked: string[];
/** The inside of whatever is asked for. */
let inside: Uint8Array | undefined;
/** How often it was looked at, and asked for. */
let [looked, insides] = [0, 0];
const insideOf = (): Promise<Uint8Array> => ((insides += 1), inside ? Promise.resolve(inside) : Promise.reject(new Error('the server answered 503')));
const surface = ({ name }: { name: string }): Promise<typeof WALL> => (asked.push(name), Promise.resolve(WALL));
const store = { manifest, get preview() { return (looked += 1), preview; }, inside: insideOf, hu: new Int16Array(6400), huAt: () => 0, surface, events: { on: () => () => undefined } } as unknown as VolumeStore;

class FakeCanvas extends EventTarget {
  /** How often its size was read. */
  reads = 0;
  readonly clientHeight = 40;
  get clientWidth(): number {
    return (this.reads += 1), 40;
  }
  setPointerCapture(): void {}
  getBoundingClientRect(): object {
    return { left: 0, top: 0 };
  }
  /** What is drawn: words, dots, what is filled, lines by their ends, how often with dashes, and pictures. */
  readonly drawn: { words: string[]; dots: [number, number][]; shaded: number; lines: [number, number][]; dashes: number; pictures: number } = { words: [], dots: [], shaded: 0, lines: [], dashes: 0, pictures: 0 };
  readonly #context = {
    setTransform() {}, fillRect() {}, beginPath() {}, closePath() {}, stroke() {}, strokeText() {}, moveTo() {},
    drawImage: () => void (this.drawn.pictures += 1),
    setLineDash: (dash: number[]) => void (this.drawn.dashes += Math.min(1, dash.length)),
    fill: (rule?: string) => void (rule === 'evenodd' && (this.drawn.shaded += 1)),
    fillText: (text: string) => void this.drawn.words.push(text),
    arc: (x: number, y: number) => void this.drawn.dots.push([x, y]),
    lineTo: (x: number, y: number) => void this.drawn.lines.push([x, y]),
  };
  getContext(): object {
    return this.#context;
  }
  press(key: string, repeat = false): void {
    this.dispatchEvent(Object.assign(new Event('keydown', { cancelable: true }), { key, repeat }));
  }
  go(type: string, clientX: number, pointerId = 1): void {
    this.dispatchEvent(Object.assign(new Event(type), { pointerId, button: 0, clientX, clientY: 20.5 }));
  }
}

let canvas: FakeCanvas;
let slice: Slice;
let said: [string, unknown][];
let frames: (() => void)[];
const lines = (): unknown[] => said.filter(([what]) => what === 'line').map(([, points]) => points);

function show(cursor_lps_mm: Vec3, tool: Tool = 'pen', more: Partial<SliceState> = {}): void {
  slice.set({ cursor_lps_mm, window: { centre_hu: 0, width_hu: 1 }, tool, marks: [], showLesions: false, nodules: [], ...more });
}

/** Draws what was asked to be drawn. */
function paint(): FakeCanvas['drawn'] {
  Object.assign(canvas.drawn, { words: [], dots: [], shaded: 0, lines: [], dashes: 0, pictures: 0 });
  for (const frame of frames.splice(0)) frame();
  return canvas.drawn;
}

beforeEach(() => {
  vi.stubGlobal('document', { createElement: () => ({ getContext: () => null }) });
  vi.stubGlobal('devicePixelRatio', 1);
  vi.stubGlobal('ImageData', class {
    readonly data = [];
  });
  vi.stubGlobal('ResizeObserver', class {
    observe(): void {}
    disconnect(): void {}
  });
  [frames, asked, inside] = [[], [], new Uint8Array(64).fill(255)];
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
  canvas = new FakeCanvas();
  slice = createSlice(canvas as unknown as HTMLCanvasElement, 'axial', store);
  said = [];
  for (const what of ['use', 'line', 'line-point', 'cancel', 'point'] as const) slice.events.on(what, (it: unknown) => said.push([what, it]));
});

afterEach(() => {
  slice.dispose();
  vi.unstubAllGlobals();
});

test('the pen draws by keyboard, point by point; the last point chosen again ends the line', () => {
  for (const x of [1, 5, 9]) {
    show([x, 2, 0]);
    canvas.press('Enter');
  }
  expect(said.map(([what]) => what)).toEqual(['line-point', 'line-point', 'line-point']);
  canvas.press('Enter');
  expect(lines()).toEqual([[[1, 2, 0], [5, 2, 0], [9, 2, 0]]]);
});

test('Enter that is held sets one point, and ends no line', () => {
  show([1, 2, 0]);
  canvas.press('Enter');
  show([5, 2, 0]);
  for (const repeat of [false, true, true]) canvas.press('Enter', repeat);
  expect(said.map(([what]) => what)).toEqual(['line-point', 'line-point']);
});

test('Escape gives up a line, and what takes several points', () => {
  show([1, 2, 0]);
  canvas.press('Enter');
  canvas.press('Escape');
  expect(said.at(-1)).toEqual(['cancel', true]);
  canvas.press('Escape');
  expect(said.at(-1)).toEqual(['cancel', false]);
  expect(lines()).toEqual([]);
});

test('another tool gives up the line, and what the pointer draws is a line of its own', () => {
  show([1, 2, 0]);
  canvas.press('Enter');
  show([1, 2, 0], 'turn');
  expect(said.at(-1)).toEqual(['cancel', true]);
  show([1, 2, 0], 'probe');
  canvas.press('Enter');
  expect(said.slice(-2)).toEqual([['cancel', true], ['use', [1, 2, 0]]]);
  for (const x of [1, 5]) {
    show([x, 2, 0]);
    canvas.press('Enter');
  }
  canvas.go('pointerdown', 20.5);
  canvas.go('pointermove', 30.5);
  canvas.go('pointerup', 30.5);
  expect(lines()).toEqual([[[1, 2, 0], [5, 2, 0]], [[20, 20, 0], [30, 20, 0]]]);
});

test('a second finger neither draws nor ends what the first one draws', () => {
  show([1, 2, 0]);
  canvas.go('pointerdown', 10.5);
  canvas.go('pointermove', 15.5);
  canvas.go('pointerdown', 35.5, 2);
  canvas.go('pointermove', 30.5, 2);
  canvas.go('pointermove', 20.5);
  canvas.go('pointerup', 30.5, 2);
  canvas.go('pointercancel', 30.5, 3);
  canvas.go('pointermove', 25.5);
  canvas.go('pointerup', 25.5);
  expect(lines()).toEqual([[[10, 20, 0], [15, 20, 0], [20, 20, 0], [25, 20, 0]]]);
});

test('a line that was begun point by point is given up, and said to be, as the slice is left', () => {
  canvas.dispatchEvent(new Event('blur'));
  expect(said).toEqual([]);
  for (const x of [1, 5]) {
    show([x, 2, 0]);
    canvas.press('Enter');
  }
  canvas.dispatchEvent(new Event('blur'));
  expect(said.at(-1)).toEqual(['cancel', true]);
  canvas.press('Enter');
  canvas.press('Enter');
  expect(lines()).toEqual([]);
});

test('the plane is drawn where it cuts the slice, what lies beyond it is shaded, and Cut asks for it there', () => {
  show([1, 2, 0]);
  expect(paint().shaded).toBe(0);
  show([1, 2, 0], 'clip', { hologram: { ...HOLOGRAM, clip: { normal_lps: [1, 0, 0], offset_mm: 30 } } });
  const drawn = paint();
  expect(drawn.shaded).toBe(1);
  // A pixel is a millimetre, and its middle half a pixel in: the line ends at the slice's edge.
  expect(drawn.lines).toContainEqual([30.5, 40]);
  canvas.go('pointerdown', 20.5);
  canvas.go('pointerup', 20.5);
  expect(said).toEqual([['use', [20, 20, 0]]]);
});

test('lasers of others are dots with their names on the slices that they meet', () => {
  const lasers = [{ at_lps_mm: [10, 20, 3], colour: '#e69f00', name: 'Chen' }, { at_lps_mm: [10, 20, 9], colour: '#56b4e9', name: 'Li' }] as const;
  show([1, 2, 0], 'turn', { lasers });
  const { dots, words } = paint();
  expect(dots).toEqual([[10.5, 20.5]]);
  expect(words).toContain('Chen');
  expect(words).not.toContain('Li');
});

test('marks are seen on the slices that they meet, and a line in the colour of whose it is', () => {
  const colours: string[] = [];
  Object.defineProperty(canvas.getContext(), 'strokeStyle', {
    configurable: true,
    set(colour: string) {
      colours.push(colour);
    },
  });
  const note = { entity: { type: 'annotation', hologram: 1, at_lps_mm: [10, 20, 0], text: 'here' }, colour: '#56b4e9' } as const;
  const line = { entity: { type: 'stroke', hologram: 1, points_lps_mm: [[5, 5, 0], [6, 5, 0]] }, colour: '#e69f00' } as const;
  show([1, 2, 0], 'turn', { marks: [note, line] });
  const { dots, words, lines } = paint();
  expect([dots, words.includes('here'), lines.some(([x, y]) => x === 6.5 && y === 5.5)]).toEqual([[[10.5, 20.5]], true, true]);
  expect(colours).toContain('#e69f00');
  expect(colours).not.toContain('#56b4e9');
});

test('points chosen so far of a length or an angle are seen where they lie', () => {
  show([1, 2, 0], 'angle', { begun: [[10, 20, 0]] });
  expect(paint().dots).toEqual([[10.5, 20.5]]);
  show([1, 2, 3], 'angle', { begun: [[10, 20, 0]] });
  expect(paint().dots).toEqual([]);
});

const pointed = (): unknown => said.findLast(([what]) => what === 'point')?.[1];

test('with the laser in hand one points where the pointer is, and on as the slices go on', () => {
  show([1, 2, 0], 'turn');
  canvas.go('pointermove', 20.5);
  expect(said).toEqual([]);
  show([1, 2, 0], 'point');
  canvas.go('pointermove', 20.5);
  expect(pointed()).toEqual([20, 20, 0]);
  expect(paint().dots).toEqual([[20.5, 20.5]]);
  show([1, 2, 2], 'point');
  expect(pointed()).toEqual([20, 20, 2]);
  canvas.dispatchEvent(new Event('pointerleave'));
  expect(said.at(-1)).toEqual(['point', undefined]);
  expect(paint().dots).toEqual([]);
  // A finger points where it is set down, and with another tool in hand nothing is pointed at.
  canvas.go('pointerdown', 12.5);
  expect(pointed()).toEqual([12, 20, 2]);
  show([1, 2, 2], 'turn');
  expect(said.at(-1)).toEqual(['point', undefined]);
});

test('by keyboard the laser is led with the cross, and Escape puts it out, as leaving the slice does', () => {
  slice.events.on('cursor', (at) => show(at, 'point'));
  show([1, 2, 0], 'point');
  canvas.press('ArrowRight');
  expect(pointed()).toEqual([2, 2, 0]);
  canvas.press('PageUp');
  expect(pointed()).toEqual([2, 2, 1]);
  canvas.press('Escape');
  expect(said.at(-1)).toEqual(['point', undefined]);
  canvas.press('Enter');
  expect(pointed()).toEqual([2, 2, 1]);
  canvas.dispatchEvent(new Event('blur'));
  expect(said.at(-1)).toEqual(['point', undefined]);
  canvas.press('Enter');
  slice.dispose();
  expect(said.at(-1)).toEqual(['point', undefined]);
});

test('where slices are all that is seen structures have outlines as they are shown, else what was picked out', async () => {
  const seen = async (more: Partial<SliceState>): Promise<readonly string[]> => {
    slice.dispose();
    slice = createSlice(canvas as unknown as HTMLCanvasElement, 'axial', store);
    [frames, asked] = [[], []];
    show([1, 2, 0], 'turn', more);
    paint();
    await Promise.resolve();
    return asked;
  };
  const both = { ...HOLOGRAM, mode: 'both', layers: { bones: { visible: false, opacity: 1 } } } as const;
  expect(await seen({})).toEqual([]);
  expect(await seen({ hologram: both })).toEqual([]);
  expect(await seen({ hologram: both, alone: true })).toEqual(['heart']);
  expect(await seen({ hologram: { ...HOLOGRAM, mode: 'volume', layers: {} }, alone: true, showLesions: true })).toEqual(['lesion-1']);
  expect(await seen({ hologram: { ...HOLOGRAM, mode: 'volume', layers: {}, within: 'heart' } })).toEqual(['heart']);
  expect(await seen({ hologram: { ...both, only: 'bones' }, alone: true })).toEqual(['bones']);
  // The wall stands at 10 mm.
  const { lines } = paint();
  expect(lines.filter(([x]) => x === 10.5).length).toBeGreaterThan(0);
});

/** What is drawn once all that is asked for has come. */
async function drawnWith(more: Partial<SliceState>): Promise<FakeCanvas['drawn']> {
  for (let i = 0; i < 3; i++) {
    show([1, 2, 0], 'turn', more);
    paint();
    await Promise.resolve();
  }
  show([1, 2, 0], 'turn', more);
  return paint();
}
/** How many lines are drawn of the wall. */
const walls = ({ lines }: FakeCanvas['drawn']): number => lines.filter(([x]) => x === 10.5).length;

test('a lesion that people have hidden, or that stands beside what is shown alone, has no outline', async () => {
  const one = walls(await drawnWith({ showLesions: true }));
  expect(one).toBeGreaterThan(0);
  const seen = async (more: object): Promise<number> => walls(await drawnWith({ showLesions: true, hologram: { ...HOLOGRAM, ...more } })) / one;
  expect(await seen({})).toBe(1);
  expect(await seen({ layers: { 'lesion-1': { visible: false, opacity: 1 } } })).toBe(0);
  expect((await drawnWith({ showLesions: true, language: 'en' })).words).toContain('nodule · 7.0 mm');
  // What stands alone is outlined, and the lesion beside it is not.
  expect(await seen({ only: 'bones' })).toBe(1);
  expect(asked).toEqual(['lesion-1', 'bones']);
});

test('what is moved apart is outlined where it is in the body, with dashes that run along the outline', async () => {
  const heart = { ...HOLOGRAM, mode: 'surfaces', layers: { bones: { visible: false, opacity: 1 } } } as const;
  const whole = await drawnWith({ hologram: heart, alone: true });
  const lines = [...whole.lines];
  expect(whole.dashes).toBe(0);
  const apart = await drawnWith({ hologram: { ...heart, apart: 0.8 }, alone: true });
  expect(apart.lines).toEqual(lines);
  // Its dark edge, and itself.
  expect(apart.dashes).toBe(2);
});

test('what lies outside of the structure that people cut to is covered, and other structures that lie there have no outline', async () => {
  const seen = async (): Promise<{ readonly outlines: number; readonly pictures: number }> => {
    slice.dispose();
    slice = createSlice(canvas as unknown as HTMLCanvasElement, 'axial', store);
    const drawn = await drawnWith({ hologram: { ...HOLOGRAM, mode: 'surfaces', within: 'heart' }, alone: true });
    return { outlines: walls(drawn), pictures: drawn.pictures };
  };
  // The scan and what covers it; outlines of heart and bones.
  const all = await seen();
  expect(all.pictures).toBe(2);
  inside = new Uint8Array(64);
  expect((await seen()).outlines).toBe(all.outlines / 2);
});

test('what an inside holds is asked once, and where the slice lies once each time that it is drawn', async () => {
  const state = { hologram: { ...HOLOGRAM, mode: 'surfaces', within: 'heart' }, alone: true } as const;
  canvas.reads = 0;
  show([1, 2, 0]);
  paint();
  const bare = canvas.reads;
  await drawnWith(state);
  [looked, canvas.reads] = [0, 0];
  show([1, 2, 0], 'turn', state);
  expect(walls(paint())).toBeGreaterThan(0);
  expect([looked, canvas.reads]).toEqual([0, bare]);
});

test('while the inside of what people cut to is not known all is outlined, and it is asked for again, though not each time', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
  const state = { hologram: { ...HOLOGRAM, mode: 'surfaces', within: 'heart' }, alone: true, showLesions: true } as const;
  [inside, insides] = [undefined, 0];
  const all = walls(await drawnWith(state));
  expect([all > 0, insides]).toEqual([true, 1]);
  inside = new Uint8Array(64);
  expect(walls(await drawnWith(state))).toBe(all);
  now.mockReturnValue(6_000);
  // Heart alone, of heart, bones and lesion.
  expect(walls(await drawnWith(state))).toBe(all / 3);
  expect(insides).toBe(2);
  now.mockRestore();
});

test('a picture has what is drawn in its own size, nothing that passes, and what is shown stays as it is', () => {
  const lasers = [{ at_lps_mm: [12, 20, 0], colour: '#e69f00', name: 'Chen' }] as const;
  const marks = [{ entity: { type: 'annotation', hologram: 1, at_lps_mm: [10, 20, 0], text: 'here' }, colour: '#56b4e9' }] as const;
  const clip = { normal_lps: [1, 0, 0], offset_mm: 30 } as const;
  const state = { lasers, marks, begun: [[14, 20, 0]] as const, hologram: { ...HOLOGRAM, clip } } as const;
  show([1, 2, 0], 'point', state);
  canvas.go('pointermove', 16.5);
  const sheet = new FakeCanvas();
  vi.stubGlobal('document', { createElement: () => sheet });
  expect(slice.picture(400)).toBe(sheet);
  expect(sheet).toMatchObject({ width: 400, height: 400 });
  // Ten times as large as on the page.
  expect(sheet.drawn.dots.flat().map(Math.round)).toEqual([105, 205]);
  expect(sheet.drawn.lines).toContainEqual([305, 400]);
  expect(sheet.drawn.words).toContain('here');
  for (const passing of ['Chen', '0 HU']) expect(sheet.drawn.words).not.toContain(passing);
  const { dots, words } = paint();
  expect(dots).toEqual([[10.5, 20.5], [14.5, 20.5], [12.5, 20.5], [16.5, 20.5]]);
  for (const passing of ['Chen', '0 HU']) expect(words).toContain(passing);
});

test('a laser that goes to another slice is put out here without a word, and while parts are apart none is seen', () => {
  show([1, 2, 0], 'point');
  canvas.go('pointermove', 20.5);
  show([1, 2, 0], 'point', { hologram: { ...HOLOGRAM, apart: 0.5 } });
  expect(paint().dots).toEqual([]);
  show([1, 2, 0], 'point');
  expect(paint().dots).toEqual([[20.5, 20.5]]);
  const before = said.length;
  slice.putOut();
  show([1, 2, 2], 'point');
  canvas.dispatchEvent(new Event('pointerleave'));
  expect([paint().dots, said.length]).toEqual([[], before]);
});

test('as a slice goes its laser is put out, and nothing is drawn any more', () => {
  show([1, 2, 0], 'point');
  canvas.go('pointermove', 20.5);
  paint();
  const cancelled: number[] = [];
  vi.stubGlobal('cancelAnimationFrame', (frame: number) => cancelled.push(frame));
  slice.dispose();
  expect([said.at(-1), frames.length, cancelled]).toEqual([['point', undefined], 1, [frames.length]]);
});
