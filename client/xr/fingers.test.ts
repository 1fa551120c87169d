import { oculusHandConfig } from 'iwer/lib/device/XRHandInput.js';
import { Matrix4, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { FIST, POINTING, RESTING } from '../core/hands';
import { type JointAt, fingersOf, fingersOnController, isFist, unlessResting } from './fingers';

/** Joints of a hand that a headset recorded, wherever in the room it is. */
function recorded(pose: 'default' | 'pinch' | 'point', moved = new Matrix4()): JointAt {
  const joints = oculusHandConfig.poses[pose]?.jointTransforms;
  return (name) => {
    const matrix = joints?.[name]?.offsetMatrix;
    return matrix && new Vector3(matrix[12], matrix[13], matrix[14]).applyMatrix4(moved);
  };
}

/** A hand whose fingers are all bent by one share of 90° at each joint, thumbs of 60°, and so much apart. */
function made(share: number, apart_deg = 0): JointAt {
  const places = new Map<string, Vector3>();
  const lay = (names: readonly string[], aside: number): void => {
    const at = new Vector3(aside * 0.02, 0, 0);
    let bent = 0;
    for (const [i, name] of names.entries()) {
      places.set(name, at.clone());
      if (i > 0 && i < names.length - 1) bent += (share * Math.PI) / (aside < 0 ? 3 : 2);
      const out = ((aside * apart_deg) / 3) * (Math.PI / 180);
      at.add(new Vector3(Math.sin(out) * Math.cos(bent), -Math.sin(bent), -Math.cos(out) * Math.cos(bent)).multiplyScalar(0.03));
    }
  };
  lay(['thumb-metacarpal', 'thumb-phalanx-proximal', 'thumb-phalanx-distal', 'thumb-tip'], -1);
  for (const [aside, finger] of ['index', 'middle', 'ring', 'pinky'].entries()) {
    lay(['metacarpal', 'phalanx-proximal', 'phalanx-intermediate', 'phalanx-distal', 'tip'].map((joint) => `${finger}-finger-${joint}`), aside);
  }
  return (name) => places.get(name);
}

test('a flat hand is flat, a fist is a fist, and what lies between grows evenly', () => {
  const flat = fingersOf(made(0));
  expect(flat?.curls).toEqual([0, 0, 0, 0, 0]);
  expect(fingersOf(made(1))?.curls).toEqual([1, 1, 1, 1, 1]);
  let before = flat;
  for (const share of [0.2, 0.4, 0.6, 0.8]) {
    const now = fingersOf(made(share));
    for (const [i, curl] of (now?.curls ?? []).entries()) expect(curl).toBeGreaterThan(before?.curls[i] ?? 1);
    before = now;
  }
});

test('fingers spread while they are straight', () => {
  const [closed, open] = [fingersOf(made(0)), fingersOf(made(0, 45))];
  expect(closed?.spread).toBe(0);
  expect(open?.spread).toBeGreaterThan(0.8);
  expect(open?.curls).toEqual([0, 0, 0, 0, 0]);
  expect(fingersOf(made(1, 45))?.spread).toBe(0);
});

test('recorded hands are told apart, wherever they are in the room', () => {
  const somewhere = new Matrix4().makeRotationX(2).premultiply(new Matrix4().makeRotationY(-1)).setPosition(3, 1.2, -4);
  for (const moved of [new Matrix4(), somewhere]) {
    const [relaxed, pinch, point] = (['default', 'pinch', 'point'] as const).map((pose) => fingersOf(recorded(pose, moved)));
    expect(Math.max(...(relaxed?.curls ?? [1]))).toBeLessThan(0.25);
    // Index out, the others in.
    expect(point?.curls[1]).toBeLessThan(0.1);
    for (const curl of point?.curls.slice(2) ?? [0]) expect(curl).toBeGreaterThan(0.75);
    // The index finger comes to the thumb.
    expect(pinch?.curls[1]).toBeGreaterThan(0.35);
    expect(pinch?.curls[1]).toBeGreaterThan(2 * (pinch?.curls[3] ?? 1));
  }
});

test('of recorded hands only a closed one is a fist, and it stays one until it opens clearly', () => {
  for (const pose of ['default', 'pinch', 'point'] as const) {
    const fingers = fingersOf(recorded(pose));
    expect(fingers && isFist(fingers, false)).toBe(false);
  }
  // The hand that points, with the index finger as far in as the middle one.
  const point = recorded('point');
  const closed = fingersOf((name) => point(name.replace('index', 'middle') as XRHandJoint));
  expect(closed && isFist(closed, false)).toBe(true);
  const curled = (...curls: [number, number, number, number]): Parameters<typeof isFist>[0] => ({ curls: [0.5, ...curls], spread: 0 });
  for (const [share, begins, stays] of [[0.8, true, true], [0.6, false, true], [0.45, false, false]] as const) {
    expect([isFist(curled(share, share, share, share), false), isFist(curled(share, share, share, share), true)]).toEqual([begins, stays]);
  }
  expect([isFist(curled(0.2, 0.9, 0.9, 0.9), false), isFist(curled(0.2, 0.9, 0.9, 0.9), true)]).toEqual([false, true]);
});

test('of a hand that is not wholly seen nothing is said', () => {
  const whole = made(0.5);
  for (const hidden of ['thumb-tip', 'pinky-finger-metacarpal', 'index-finger-phalanx-distal']) {
    expect(fingersOf((name) => (name === hidden ? undefined : whole(name)))).toBeUndefined();
  }
});

test('a hand on a controller rests, points, and closes with trigger and grip', () => {
  const idle = { trigger: 0, grip: 0, points: false, holds: false };
  expect(fingersOnController(idle)).toEqual(RESTING);
  expect(unlessResting(fingersOnController(idle))).toBeNull();
  expect(fingersOnController({ ...idle, points: true })).toEqual(POINTING);
  expect(fingersOnController({ ...idle, holds: true, points: true })).toEqual(FIST);
  expect(fingersOnController({ ...idle, grip: 1 })).toEqual(FIST);
  const [, index, middle] = fingersOnController({ ...idle, points: true, trigger: 1 }).curls;
  expect([index, middle]).toEqual([FIST.curls[1], POINTING.curls[2]]);
  expect(unlessResting(POINTING)).toEqual(POINTING);
  expect(unlessResting(undefined)).toBeNull();
});
