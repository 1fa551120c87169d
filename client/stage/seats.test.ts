import { Quaternion, Vector3 } from 'three';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Participant, Poses } from './room-view';
import { FIST, POINTING } from '../core/hands';
import { leaning, seatedPoses, takeSeat } from './seats';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('whose device draws no stage sits at the table, where nobody else sits, until they leave', () => {
  const here: Participant[] = [{ id: '1', name: 'Li' }, { id: '2', name: 'Chen' }];
  const said: Record<string, Poses[]> = { 1: [], 2: [] };
  const leave = here.map(({ id }) => takeSeat({ selfId: id, participants: () => here, pose: (poses) => void said[id]?.push(poses) }));
  const [li, chen] = [said['1']?.[0], said['2']?.[0]];
  expect(li?.head.position_m).not.toEqual(chen?.head.position_m);
  for (const poses of [li, chen]) {
    const [x = 0, y, z = 0] = poses?.head.position_m ?? [];
    expect(Math.hypot(x, z)).toBeGreaterThan(1);
    expect(y).toBeCloseTo(1.5);
  }
  // Who comes later hears where they sit.
  vi.advanceTimersByTime(3_000);
  expect(said['1']).toHaveLength(4);
  for (const end of leave) end();
  vi.advanceTimersByTime(3_000);
  expect(said['1']).toHaveLength(4);
});

test('at a screen the hand points with what the mouse points at, and is a fist while it holds the hologram', () => {
  const view = { yaw: 0, pitch: 0, distance_m: 1.75 };
  expect(seatedPoses(0, view, undefined).right).toBeNull();
  const at = new Vector3(0, 1.3, 0.1);
  expect(seatedPoses(0, view, at).right?.fingers).toEqual(POINTING);
  expect(seatedPoses(0, view, at, true).right?.fingers).toEqual(FIST);
});

test('a webcam leans the seated head in its own terms, and without one nothing changes', () => {
  const seated = seatedPoses(0, { yaw: 0, pitch: 0, distance_m: 1.75 }, undefined);
  expect(leaning(seated, undefined)).toBe(seated);
  const still = { turn_rad: 0, nod_rad: 0, tilt_rad: 0, aside_m: 0, up_m: 0, ahead_m: 0, mouth: 0 };
  const eyes = new Vector3(...seated.head.position_m);
  const facing = new Quaternion(...seated.head.rotation);
  const inOwnTerms = (at: Vector3): Vector3 => at.clone().applyQuaternion(facing.clone().invert());
  const moved = (lean: Partial<typeof still>): Vector3 => inOwnTerms(new Vector3(...leaning(seated, { ...still, ...lean }).head.position_m).sub(eyes));
  expect(moved({ aside_m: 0.1 }).x).toBeCloseTo(0.1);
  expect(moved({ ahead_m: 0.1 }).z).toBeLessThan(-0.09);
  expect(moved({ up_m: 0.1 }).y).toBeGreaterThan(0.09);
  const looks = (lean: Partial<typeof still>): Vector3 => inOwnTerms(new Vector3(0, 0, -1).applyQuaternion(new Quaternion(...leaning(seated, { ...still, ...lean }).head.rotation)));
  // To the own left is −x, up is +y.
  expect(looks({ turn_rad: 0.5 }).x).toBeCloseTo(-Math.sin(0.5));
  expect(looks({ nod_rad: 0.5 }).y).toBeCloseTo(Math.sin(0.5));
  expect(leaning(seated, { ...still, mouth: 0.4 }).mouth).toBe(0.4);
});

test('a head that leans before slices alone is said at the pace of the room', () => {
  const said: Poses[] = [];
  let leans = true;
  const lean = { turn_rad: 0.2, nod_rad: 0, tilt_rad: 0, aside_m: 0, up_m: 0, ahead_m: 0, mouth: 0 };
  const leave = takeSeat({ selfId: '1', participants: () => [{ id: '1', name: 'Li' }], pose: (poses) => void said.push(poses) }, () => (leans ? lean : undefined));
  vi.advanceTimersByTime(1_000);
  expect(said.length).toBeGreaterThan(18);
  const before = said.length;
  leans = false;
  vi.advanceTimersByTime(3_000);
  expect(said.length - before).toBeLessThan(5);
  leave();
});
