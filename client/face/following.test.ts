import { expect, test } from 'vitest';
import { HeadFollower, type Lean } from './following';
import type { FaceSeen } from './seen';

/** Somebody who sits a little aside and looks past the camera, as people do. */
const SITS: FaceSeen = { turn_rad: 0.2, nod_rad: -0.1, tilt_rad: 0.02, aside: 0.08, up: -0.05, width: 0.25, mouth: 0 };

/** Shows pictures, fifteen a second, and says how the head leans after the last. */
function show(follower: HeadFollower, faces: readonly (FaceSeen | undefined)[], from: number): { now: number; lean: Lean | undefined } {
  let now = from;
  let lean: Lean | undefined;
  for (const face of faces) {
    follower.see(face, now);
    lean = follower.lean(now);
    now += 1000 / 15;
  }
  return { now, lean };
}

const times = (count: number, face: FaceSeen | undefined): (FaceSeen | undefined)[] => Array.from({ length: count }, () => face);

test('as one sits is straight, and from there the head goes where the face goes', () => {
  const follower = new HeadFollower();
  const began = show(follower, times(30, SITS), 1_000);
  for (const part of ['turn_rad', 'nod_rad', 'tilt_rad', 'aside_m', 'up_m', 'ahead_m'] as const) expect(began.lean?.[part]).toBeCloseTo(0, 6);
  const moved = show(follower, times(30, { ...SITS, turn_rad: 0.6, nod_rad: 0.1, aside: 0.18, mouth: 0.5 }), began.now);
  expect(moved.lean?.turn_rad).toBeCloseTo(0.4, 2);
  expect(moved.lean?.nod_rad).toBeCloseTo(0.2, 2);
  // A tenth of a picture that is as wide as four faces of 15 cm.
  expect(moved.lean?.aside_m).toBeCloseTo(0.06, 2);
  expect(moved.lean?.mouth).toBeCloseTo(0.5, 2);
  const nearer = show(follower, times(30, { ...SITS, width: 0.3 }), moved.now);
  expect(nearer.lean?.ahead_m).toBeCloseTo(0.1, 2);
});

test('it moves smoothly, and no farther than a seated head goes', () => {
  const follower = new HeadFollower();
  let { now, lean } = show(follower, times(30, SITS), 0);
  for (let i = 0; i < 40; i++) {
    const before = lean?.turn_rad ?? NaN;
    ({ now, lean } = show(follower, [{ ...SITS, turn_rad: 3, aside: 5, width: 0.02 }], now));
    expect(lean?.turn_rad).toBeGreaterThanOrEqual(before);
    expect((lean?.turn_rad ?? NaN) - before).toBeLessThan(0.55);
  }
  expect(lean?.turn_rad).toBeCloseTo(1.1, 2);
  expect(lean?.aside_m).toBeCloseTo(0.3, 2);
  expect(lean?.ahead_m).toBeCloseTo(-0.3, 2);
});

test('who is not seen any more comes back to where they would be without a camera, without a leap, and leans again when seen', () => {
  const follower = new HeadFollower();
  let { now, lean } = show(follower, [...times(30, SITS), ...times(30, { ...SITS, turn_rad: 0.7 })], 0);
  // A picture or two without a face are nothing.
  ({ now, lean } = show(follower, times(4, undefined), now));
  expect(lean?.turn_rad).toBeCloseTo(0.5, 2);
  let before = lean?.turn_rad ?? NaN;
  for (let i = 0; i < 30; i++) {
    ({ now, lean } = show(follower, [undefined], now));
    expect(Math.abs((lean?.turn_rad ?? 0) - before)).toBeLessThan(0.12);
    before = lean?.turn_rad ?? 0;
  }
  expect(lean).toBeUndefined();
  ({ lean } = show(follower, times(30, { ...SITS, turn_rad: 0.7 }), now));
  expect(lean?.turn_rad).toBeCloseTo(0.5, 2);
});

test('before a face was seen, and after it begins anew, nothing is said', () => {
  const follower = new HeadFollower();
  expect(show(follower, times(20, undefined), 0).lean).toBeUndefined();
  expect(show(follower, times(3, SITS), 2_000).lean).toBeUndefined();
  expect(show(follower, times(30, SITS), 3_000).lean).toBeDefined();
  follower.begin();
  expect(show(follower, times(20, undefined), 6_000).lean).toBeUndefined();
});
