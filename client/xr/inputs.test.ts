import { oculusHandConfig } from 'iwer/lib/device/XRHandInput.js';
import { Group, Matrix4, type WebGLRenderer } from 'three';
import { beforeEach, expect, test } from 'vitest';
import { HandInput, type HandEvent, type HandModels } from './inputs';

const { poses } = oculusHandConfig;
const NAMES = Object.keys(poses.point?.jointTransforms ?? {}) as XRHandJoint[];

let ray: Group;
let joints: Record<string, Group>;
let heard: HandEvent[];
let hand: HandInput;

beforeEach(() => {
  ray = new Group();
  [joints, heard] = [Object.fromEntries(NAMES.map((name) => [name, new Group()])), []];
  const xr = { getController: () => ray, getControllerGrip: () => new Group(), getHand: () => Object.assign(new Group(), { joints }) };
  const models = { controllers: { createControllerModel: () => new Group() }, hands: { createHandModel: () => new Group() } };
  hand = new HandInput(0, { xr } as unknown as WebGLRenderer, new Group(), models as unknown as HandModels, (_, event) => heard.push(event));
});

function said(type: string, data?: object): void {
  ray.dispatchEvent({ type, data } as never);
}

/** The hand as it was recorded; a fist is the hand that points, with the index finger as far in as the middle one. */
function held(pose: 'default' | 'pinch' | 'point' | 'fist'): void {
  const recorded = poses[pose === 'fist' ? 'point' : pose]?.jointTransforms;
  for (const name of NAMES) {
    const from = (pose === 'fist' ? name.replace('index', 'middle') : name) as XRHandJoint;
    joints[name]?.matrixWorld.copy(new Matrix4().fromArray([...(recorded?.[from]?.offsetMatrix ?? [])]));
  }
  hand.update();
}

test('a fist of a bare hand squeezes, and no pinch or pointing does', () => {
  said('connected', { hand: {} });
  for (const pose of ['default', 'pinch', 'point'] as const) held(pose);
  expect(heard).toEqual([]);
  held('fist');
  held('fist');
  expect([heard, hand.squeezes]).toEqual([['squeeze'], true]);
  held('default');
  expect([heard, hand.squeezes]).toEqual([['squeeze', 'unsqueeze'], false]);
});

test('a fist that is not wholly seen stays one, and one that is gone lets go', () => {
  said('connected', { hand: {} });
  held('fist');
  if (joints['thumb-tip']) joints['thumb-tip'].visible = false;
  held('default');
  expect(heard).toEqual(['squeeze']);
  ray.visible = false;
  hand.update();
  expect(heard).toEqual(['squeeze', 'unsqueeze']);
  ray.visible = true;
  held('fist');
  expect(heard).toHaveLength(2);
  if (joints['thumb-tip']) joints['thumb-tip'].visible = true;
  held('fist');
  said('disconnected');
  expect(heard).toEqual(['squeeze', 'unsqueeze', 'squeeze', 'unsqueeze']);
});

test('where the device says so too it is told once', () => {
  said('connected', { hand: {} });
  said('squeezestart');
  held('fist');
  said('squeezeend');
  expect(heard).toEqual(['squeeze']);
  held('default');
  expect(heard).toEqual(['squeeze', 'unsqueeze']);
});

test('a controller squeezes by its grip button alone', () => {
  said('connected', { gamepad: { buttons: [], axes: [] } });
  held('fist');
  said('squeezestart');
  said('squeezeend');
  expect(heard).toEqual(['squeeze', 'unsqueeze']);
});
