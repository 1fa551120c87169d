import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Vec3 } from '../core/frames';
import type { VolumeStore } from '../core/volume/store';
import { createSlice } from './slice';
import type { Slice } from './slice';
import type { Tool } from './tools';

/** Each pixel is a millimetre, on the page too. */
const manifest = { size: [40, 40, 4], spacing_mm: [1, 1, 1], origin_lps_mm: [0, 0, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
const store = { manifest, huAt: () => 0, events: { on: () => () => undefined } } as unknown as VolumeStore;

class FakeCanvas extends EventTarget {
  clientWidth = 40;
  clientHeight = 40;
  setPointerCapture(): void {}
  getBoundingClientRect(): object {
    return { left: 0, top: 0 };
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
const lines = (): unknown[] => said.filter(([what]) => what === 'line').map(([, points]) => points);

function show(cursor_lps_mm: Vec3, tool: Tool = 'pen'): void {
  slice.set({ cursor_lps_mm, window: { centre_hu: 0, width_hu: 1 }, tool, marks: new Map(), showLesions: false, nodules: [] });
}

beforeEach(() => {
  vi.stubGlobal('document', { createElement: () => ({}) });
  vi.stubGlobal('ImageData', class {
    readonly data = [];
  });
  vi.stubGlobal('ResizeObserver', class {
    observe(): void {}
    disconnect(): void {}
  });
  vi.stubGlobal('requestAnimationFrame', () => 1);
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
  canvas = new FakeCanvas();
  slice = createSlice(canvas as unknown as HTMLCanvasElement, 'axial', store);
  said = [];
  for (const what of ['use', 'line', 'line-point', 'cancel'] as const) slice.events.on(what, (it: unknown) => said.push([what, it]));
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
