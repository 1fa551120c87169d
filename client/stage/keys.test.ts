import { Matrix4, PerspectiveCamera } from 'three';
import { beforeEach, expect, test } from 'vitest';
import type { Vec3 } from '../core/frames';
import { AirLines } from './air-lines';
import { AirPen } from './air-pen';
import type { CameraRig, View } from './camera-rig';
import type { HologramView } from './hologram';
import { KeyLaser } from './key-laser';
import { Keys } from './keys';
import type { Marks } from './marks';
import type { Act, RoomView } from './room-view';
import type { SharedHologram } from './shared';
import { Tools } from './tools';

let canvas: EventTarget;
let acts: Act[];
let steps: string[];
let tools: Tools;
let laser: KeyLaser;
let cursor: Vec3;
let rig: { camera: object; view: View };
let view: { state: object | undefined };

beforeEach(() => {
  [canvas, acts, steps] = [new EventTarget(), [], []];
  const room = { entities: () => new Map(), participants: () => [], act: (act: Act) => void acts.push(act) } as unknown as RoomView;
  cursor = [0, 0, 0];
  const shared = { entity: [1], get state() { return { cursor_lps_mm: cursor }; }, set: (change: { cursor_lps_mm?: Vec3 }) => void (cursor = change.cursor_lps_mm ?? cursor) } as unknown as SharedHologram;
  view = { state: {}, lpsDirection: (at: { x: number; y: number; z: number }) => [at.x, at.y, at.z], roomFromLps: () => undefined, store: { huAt: () => 0 } } as { state: object | undefined };
  const marks = { cursor: () => undefined, draft: () => undefined } as unknown as Marks;
  rig = { camera: { matrixWorld: new Matrix4() }, view: { yaw: 0, pitch: 0, distance_m: 2 } };
  tools = new Tools(room, shared, view as HologramView, marks);
  tools.tool = 'pen';
  const air = new AirPen(room, new AirLines(room), () => true);
  air.onStep = (step) => steps.push(step);
  laser = new KeyLaser(new PerspectiveCamera(), (origin, direction) => origin.clone().add(direction));
  void new Keys(canvas as HTMLCanvasElement, rig as unknown as CameraRig, view as HologramView, shared, tools, marks, air, laser);
});

function press(...keys: string[]): void {
  for (const key of keys) canvas.dispatchEvent(Object.assign(new Event('keydown'), { key, shiftKey: false }));
}

/** A key that is kept down: the browser sends it again and again. */
function hold(key: string): void {
  for (const repeat of [false, true, true]) canvas.dispatchEvent(Object.assign(new Event('keydown'), { key, shiftKey: false, repeat }));
}

const drawn = (): string[] => acts.flatMap((act) => (act.act === 'add' ? [act.entity.type] : []));

test('keys draw in the air beside images too, and over the images again', () => {
  press('Enter', 'ArrowRight', 'ArrowRight', 'Enter', 'Enter');
  expect(drawn()).toEqual(['stroke']);
  press('a', 'ArrowRight', 'Enter', 'ArrowUp', 'Enter', 'Enter');
  expect(drawn()).toEqual(['stroke', 'line']);
  expect(steps).toEqual(['in-air', 'line-point', 'line-point', 'placed']);
  press('A', 'Enter', 'ArrowRight', 'ArrowRight', 'Enter', 'Enter');
  expect(drawn()).toEqual(['stroke', 'line', 'stroke']);
  expect(steps.at(-1)).toBe('on-images');
});

test('a key that is held does its work once, and goes on where it leads', () => {
  hold('a');
  expect(steps).toEqual(['in-air']);
  hold('Enter');
  hold('ArrowRight');
  hold('Enter');
  expect(steps).toEqual(['in-air', 'line-point', 'line-point']);
  press('Enter');
  expect(acts.flatMap((act) => (act.act === 'add' && act.entity.type === 'line' ? [act.entity.points_m.map(([x]) => x)] : []))).toEqual([[0, 0.06]]);
  hold('a');
  expect(steps.at(-1)).toBe('on-images');
});

test('another tool, and leaving the stage, give up what was begun in the air', () => {
  press('a', 'ArrowRight', 'Enter');
  tools.tool = 'turn';
  expect(steps.at(-1)).toBe('cancelled');
  tools.tool = 'pen';
  press('a', 'ArrowRight', 'Enter');
  canvas.dispatchEvent(new Event('blur'));
  expect(steps.at(-1)).toBe('cancelled');
  press('Enter', 'ArrowRight', 'ArrowRight', 'Enter', 'Enter');
  expect(drawn()).toEqual(['stroke']);
});

test('with another tool in hand the pen stays where it is', () => {
  tools.tool = 'measure';
  press('a');
  expect(steps).toEqual([]);
});

test('with the laser in hand arrows lead it, and the cross stays', () => {
  tools.tool = 'point';
  press('ArrowRight', 'ArrowRight', 'ArrowUp');
  expect(laser.at?.x).toBeGreaterThan(0);
  expect(cursor).toEqual([0, 0, 0]);
  press('Escape');
  expect(laser.at).toBeUndefined();
  tools.tool = 'measure';
  press('ArrowRight');
  expect([laser.at, cursor]).toEqual([undefined, [1, 0, 0]]);
});

test('without images arrows walk round the table, and the pen draws in the air', () => {
  view.state = undefined;
  press('ArrowRight', 'Enter', 'ArrowUp', 'Enter', 'Enter');
  expect(drawn()).toEqual(['line']);
  expect(rig.view).toEqual({ yaw: 0, pitch: 0, distance_m: 2 });
  tools.tool = 'turn';
  press('ArrowRight', 'ArrowUp');
  expect([rig.view.yaw > 0, rig.view.pitch > 0]).toEqual([true, true]);
  const { distance_m } = rig.view;
  press('+');
  expect(rig.view.distance_m).toBeLessThan(distance_m);
  // Nothing is pointed at, and nothing is cut.
  tools.tool = 'probe';
  press('Enter');
  expect([drawn(), cursor]).toEqual([['line'], [0, 0, 0]]);
});
