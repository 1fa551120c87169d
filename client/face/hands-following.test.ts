import { oculusHandConfig } from 'iwer/lib/device/XRHandInput.js';
import { Matrix4, Quaternion, Vector3 } from 'three';
import { expect, test } from 'vitest';
import { RESTING } from '../core/hands';
import { HandsFollower, type Side, handOf, sided } from './hands-following';
import { type FaceSeen, type HandSeen, JOINTS } from './seen';

/** Joints by MediaPipe's numbers, by their names in WebXR. */
const NAMES = [
  'wrist',
  ...['metacarpal', 'phalanx-proximal', 'phalanx-distal', 'tip'].map((joint) => `thumb-${joint}`),
  ...['index', 'middle', 'ring', 'pinky'].flatMap((finger) => ['phalanx-proximal', 'phalanx-intermediate', 'phalanx-distal', 'tip'].map((joint) => `${finger}-finger-${joint}`)),
] as const;

/** Somebody 0.6 m before the camera, a little to their own right of its middle. */
const AWAY_M = 0.6;
const FACE: FaceSeen = { turn_rad: 0, nod_rad: 0, tilt_rad: 0, aside: 0.05 / AWAY_M, up: 0.02 / AWAY_M, width: 0.15 / AWAY_M, mouth: 0 };
const EYES = new Vector3(0.05, 0.02, -AWAY_M).setZ(0);

type Recorded = 'default' | 'pinch' | 'point';

/** A left hand that a headset recorded, or the right one that a mirror makes of it; placed from the eyes, in own terms. */
function recorded(pose: Recorded, side: Side, placed: Matrix4): Vector3[] {
  const joints = oculusHandConfig.poses[pose]?.jointTransforms;
  return NAMES.map((name) => {
    const matrix = joints?.[name as XRHandJoint]?.offsetMatrix ?? [];
    const at = new Vector3(matrix[12], matrix[13], matrix[14]);
    if (side === 'right') at.x *= -1;
    return at.applyMatrix4(placed);
  });
}

/** What a camera sees of joints that are placed so: as far away as it is, it sees as much across. */
function seenOf(joints: readonly Vector3[], right: number): HandSeen {
  const middle = joints.reduce((sum, joint) => sum.add(joint), new Vector3()).divideScalar(joints.length);
  return {
    score: 1,
    right,
    picture: joints.map((joint) => {
      const before = joint.clone().add(EYES);
      return [before.x / (AWAY_M + before.z), before.y / (AWAY_M + before.z)];
    }),
    joints_m: joints.map((joint) => joint.clone().sub(middle).toArray()),
  };
}

/** Before the face, palm to the camera, fingers up: nearer, aside, and turned about its fingers. */
function raised(side: Side, about_rad = 0): Matrix4 {
  const aside = side === 'right' ? 0.2 : -0.2;
  // Fingers are along −Z with the back up; up with them, and the back to whoever holds them.
  return new Matrix4().makeRotationX(Math.PI / 2).premultiply(new Matrix4().makeRotationY(about_rad)).setPosition(aside, -0.15, -0.2);
}

function seenHand(pose: Recorded, side: Side, placed: Matrix4): NonNullable<ReturnType<typeof handOf>> {
  const hand = handOf(seenOf(recorded(pose, side, placed), side === 'right' ? 1 : 0), side, FACE);
  if (!hand) throw new Error('no hand');
  return hand;
}

test.each(['left', 'right'] as const)('a recorded %s hand is where it was, turned as it was', (side) => {
  expect(NAMES).toHaveLength(JOINTS);
  for (const about of [0, 0.5, -0.5]) {
    const placed = raised(side, about);
    const hand = seenHand('default', side, placed);
    const [wrist] = recorded('default', side, placed);
    expect(wrist?.distanceTo(new Vector3(...hand.at_m))).toBeLessThan(0.05);
    const turn = new Quaternion(...hand.rotation);
    // Of a relaxed hand the palm is not quite level with how the device says that the hand is held.
    const [fingers, back] = [new Vector3(0, 0, -1), new Vector3(0, 1, 0)].map((axis) => axis.applyQuaternion(turn)) as [Vector3, Vector3];
    const [wantedFingers, wantedBack] = [new Vector3(0, 0, -1), new Vector3(0, 1, 0)].map((axis) => axis.transformDirection(placed)) as [Vector3, Vector3];
    expect(fingers.angleTo(wantedFingers)).toBeLessThan(0.75);
    expect(back.angleTo(wantedBack)).toBeLessThan(0.75);
    expect(back.z).toBeGreaterThan(0.5);
  }
});

test('a hand that is held nearer to the camera is farther ahead, and none is farther than an arm', () => {
  const near = seenHand('default', 'left', raised('left'));
  const far = seenHand('default', 'left', raised('left').setPosition(-0.2, -0.15, -0.05));
  expect(far.at_m[2] - near.at_m[2]).toBeCloseTo(0.15, 1);
  const beyond = seenHand('default', 'left', raised('left').setPosition(-2, 0, 0));
  expect(Math.hypot(...beyond.at_m)).toBeLessThanOrEqual(0.8001);
});

test.each(['left', 'right'] as const)('fingers of the %s hand are told apart as a headset tells them', (side) => {
  const [relaxed, pinch, point] = (['default', 'pinch', 'point'] as const).map((pose) => seenHand(pose, side, raised(side)).fingers.curls);
  expect(Math.max(...(relaxed ?? [1]))).toBeLessThan(0.3);
  expect(point?.[1]).toBeLessThan(0.15);
  for (const curl of point?.slice(2) ?? [0]) expect(curl).toBeGreaterThan(0.7);
  expect(pinch?.[1]).toBeGreaterThan(0.35);
  expect(pinch?.[1]).toBeGreaterThan(1.5 * (pinch?.[3] ?? 1));
});

test('of two hands that are taken for the same side the one to the own left is the left', () => {
  const [left, right] = [seenOf(recorded('default', 'left', raised('left')), 0.9), seenOf(recorded('default', 'right', raised('right')), 0.8)];
  expect(sided([left, right])).toEqual([['left', left], ['right', right]]);
  expect(sided([right, left])).toEqual([['left', left], ['right', right]]);
  // Where they are told apart, hands may cross.
  expect(sided([{ ...left, right: 0.9 }, { ...right, right: 0.1 }]).map(([side]) => side)).toEqual(['right', 'left']);
  expect(sided([left])).toEqual([['right', left]]);
  expect(sided([])).toEqual([]);
});

test('a hand comes up smoothly where it is seen, and goes down to rest where it is not', () => {
  const follower = new HandsFollower();
  const hand = seenOf(recorded('point', 'right', raised('right')), 1);
  const heights: (number | undefined)[] = [];
  let now = 0;
  const pass = (seconds: number, hands: readonly HandSeen[]): void => {
    for (const end = now + seconds * 1000; now < end; now += 50) {
      follower.see(hands, FACE, now);
      heights.push(follower.hands(now).right?.at_m[1]);
    }
  };
  expect(follower.hands(now)).toEqual({});
  pass(1, [hand]);
  const up = follower.hands(now).right;
  expect(up?.fingers.curls[4]).toBeGreaterThan(0.7);
  expect(follower.hands(now).left).toBeUndefined();
  expect(follower.seen(now)).toEqual(['right']);
  pass(0.6, []);
  expect(follower.seen(now)).toEqual(['right']);
  pass(0.3, []);
  expect(follower.seen(now)).toEqual([]);
  const half = follower.hands(now).right;
  expect(half?.at_m[1]).toBeLessThan((up?.at_m[1] ?? NaN) - 0.05);
  expect(half?.fingers.curls[4]).toBeLessThan(up?.fingers.curls[4] ?? NaN);
  pass(0.6, []);
  expect(follower.hands(now)).toEqual({});
  const steps = heights.map((height, i) => Math.abs((height ?? NaN) - (heights[i - 1] ?? NaN))).filter((step) => !Number.isNaN(step));
  expect(steps.length).toBeGreaterThan(20);
  expect(Math.max(...steps)).toBeLessThan(0.12);
  // What was in the way for a moment is where it is when it is seen again, without creeping there.
  pass(0.1, [hand]);
  expect(follower.hands(now + 400).right?.fingers.curls[4]).toBeGreaterThan(RESTING.curls[4] + 0.3);
  follower.begin();
  expect(follower.hands(now)).toEqual({});
});

test('of a hand that is not wholly known nothing is said', () => {
  const whole = seenOf(recorded('default', 'left', raised('left')), 0);
  expect(handOf(whole, 'left', FACE)).toBeDefined();
  expect(handOf({ ...whole, joints_m: whole.joints_m.slice(0, 20) }, 'left', FACE)).toBeUndefined();
  expect(handOf({ ...whole, picture: whole.picture.map(() => [0, 0] as const) }, 'left', FACE)).toBeUndefined();
});
