import { PerspectiveCamera, Vector3 } from 'three';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Transform, Vec3 } from '../core/frames';
import { Gestures } from './gestures';
import type { Touched } from './gestures';
import type { HologramView } from './hologram';
import type { Marks } from './marks';
import type { Act, RoomView } from './room-view';
import type { SharedHologram } from './shared';
import { Tools } from './tools';

/** Whether the images fill the page: what is under the pointer is a point of theirs then. */
const images = vi.hoisted(() => ({ fill: true }));
vi.mock('./picking', () => ({
  meets: () => images.fill,
  pick: (_: unknown, origin: Vector3) => (images.fill ? { lps_mm: [origin.x, origin.y, 0], room: origin } : undefined),
}));

const HERE: Transform = { position_m: [0, 0, -1], rotation: [0, 0, 0, 1], scale: 1 };

class FakeCanvas extends EventTarget {
  readonly clientHeight = 500;
  focus(): void {}
  setPointerCapture(): void {}
  getBoundingClientRect(): object {
    return {};
  }
  go(type: 'pointerdown' | 'pointermove' | 'pointerup', pointerId: number, clientX: number, clientY = 0): void {
    this.dispatchEvent(Object.assign(new Event(type), { pointerId, clientX, clientY, button: 0, pointerType: 'touch' }));
  }
}

let canvas: FakeCanvas;
let tools: Tools;
let gestures: Gestures;
let acts: Act[];
/** How much larger the images have been made so far. */
let scale: number;
let touched: { tool: string; thingAt: () => number | undefined; rig: { view: object } };
let pointed: (Vector3 | undefined)[];

beforeEach(() => {
  [canvas, acts, scale, pointed] = [new FakeCanvas(), [], 1, []];
  images.fill = true;
  const room = { act: (act: Act) => void acts.push(act) } as unknown as RoomView;
  const shared = { entity: [1], grab: () => true, release: () => undefined, carry: (change: (t: Transform) => Transform) => void (scale *= change(HERE).scale) } as unknown as SharedHologram;
  const hologram = { lpsDirection: (at: Vector3) => [at.x, at.y, at.z] } as unknown as HologramView;
  tools = new Tools(room, shared, hologram, { draft: () => undefined } as unknown as Marks);
  tools.tool = 'pen';
  const made = {
    rig: { view: { yaw: 0, pitch: 0 }, camera: new PerspectiveCamera(), ray: (_: unknown, x: number, y: number) => ({ origin: new Vector3(x, y, 0), direction: new Vector3(0, 0, -1) }) },
    things: { movable: true, release: () => undefined },
    pen: { end: () => undefined },
    air: { end: () => undefined },
    tool: 'pen',
    twin: { shared, tools, hologram },
    thingAt: () => undefined,
    press: () => false,
    aim: (origin: Vector3) => origin.clone().setZ(-2),
  };
  touched = made as unknown as typeof touched;
  gestures = new Gestures(canvas as unknown as HTMLCanvasElement, touched as unknown as Touched);
  gestures.onPoint = (at) => pointed.push(at);
});

afterEach(() => gestures.dispose());

const strokes = (): (readonly Vec3[])[] => acts.flatMap((act) => (act.act === 'add' && act.entity.type === 'stroke' ? [act.entity.points_lps_mm] : []));

function stroke(from: number): void {
  canvas.go('pointerdown', 1, from);
  for (const by of [10, 20, 30]) canvas.go('pointermove', 1, from + by);
}

test('a second finger ends the line, and the next line begins where the pen is set down', () => {
  stroke(0);
  canvas.go('pointerdown', 2, 80);
  expect(strokes()).toEqual([[[10, 0, 0], [20, 0, 0], [30, 0, 0]]]);
  canvas.go('pointerup', 2, 80);
  canvas.go('pointerup', 1, 30);
  stroke(200);
  canvas.go('pointerup', 1, 230);
  expect(strokes().slice(1)).toEqual([[[210, 0, 0], [220, 0, 0], [230, 0, 0]]]);
});

test('a click that strayed is no beginning of the next line', () => {
  canvas.go('pointerdown', 1, 500);
  canvas.go('pointerup', 1, 500);
  stroke(0);
  canvas.go('pointerup', 1, 30);
  expect(strokes()).toEqual([[[10, 0, 0], [20, 0, 0], [30, 0, 0]]]);
});

test('what was drawn point by point is a line of its own before the next is drawn in one go', () => {
  for (const x of [400, 500]) {
    canvas.go('pointerdown', 1, x);
    canvas.go('pointerup', 1, x);
  }
  stroke(0);
  canvas.go('pointerup', 1, 30);
  expect(strokes()).toEqual([[[400, 0, 0], [500, 0, 0]], [[10, 0, 0], [20, 0, 0], [30, 0, 0]]]);
});

test('two fingers make the images larger, and a third that comes or any that goes changes nothing', () => {
  canvas.go('pointerdown', 1, 0);
  canvas.go('pointerdown', 2, 100);
  canvas.go('pointermove', 2, 200);
  expect(scale).toBeCloseTo(2);
  canvas.go('pointerdown', 3, 600);
  canvas.go('pointermove', 3, 610);
  expect(scale).toBeCloseTo(2);
  canvas.go('pointermove', 2, 250);
  expect(scale).toBeCloseTo(2.5);
  canvas.go('pointerup', 1, 0);
  canvas.go('pointermove', 3, 609);
  expect(scale).toBeCloseTo(2.5, 1);
  for (const finger of [2, 3]) canvas.go('pointerup', finger, 300);
  // What the third finger came upon is used by no tool.
  stroke(0);
  canvas.go('pointerup', 1, 30);
  expect(strokes()).toEqual([[[10, 0, 0], [20, 0, 0], [30, 0, 0]]]);
});

test('a finger that drags on a board beside the images points at it, and beside that walks round', () => {
  images.fill = false;
  touched.tool = 'point';
  touched.thingAt = () => 5;
  const { view } = touched.rig;
  canvas.go('pointerdown', 1, 0);
  canvas.go('pointermove', 1, 20);
  expect(pointed.map((at) => at?.toArray())).toEqual([[0, 0, -2], [20, 0, -2]]);
  canvas.go('pointerup', 1, 20);
  expect(pointed.at(-1)).toBeUndefined();
  expect(touched.rig.view).toBe(view);
  touched.thingAt = () => undefined;
  canvas.go('pointerdown', 1, 0);
  canvas.go('pointermove', 1, 20);
  expect(touched.rig.view).not.toBe(view);
});

test('with any tool it is known where the pointer is, between two fingers too, until it leaves', () => {
  const over = (): readonly number[] | undefined => gestures.pointer?.origin.toArray();
  touched.tool = 'turn';
  tools.tool = 'turn';
  expect(over()).toBeUndefined();
  canvas.go('pointermove', 1, 30, 5);
  expect(over()).toEqual([30, 5, 0]);
  canvas.go('pointerdown', 1, 30, 5);
  canvas.go('pointermove', 1, 50, 5);
  expect(over()).toEqual([50, 5, 0]);
  canvas.go('pointerdown', 2, 90, 25);
  canvas.go('pointermove', 2, 150, 25);
  expect(over()).toEqual([100, 15, 0]);
  expect(pointed.filter((at) => at !== undefined), 'no laser shines').toEqual([]);
  for (const finger of [2, 1]) canvas.go('pointerup', finger, 50);
  expect(over()).toBeUndefined();
});
