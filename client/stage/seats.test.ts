import { Quaternion, Vector3 } from 'three';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FIST, POINTING } from '../core/hands';
import { PLACES, eyesAt } from '../core/room-seats';
import { HOLOGRAM_HEIGHT_M } from './room-scene';
import type { Participant, Poses } from './room-view';
import { leaning, seatedPoses, takeSeat } from './seats';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('whose device draws no stage sits at the table, where nobody else sits, until they leave', () => {
  const here: Participant[] = [{ id: '1', name: 'Li', place: 0 }, { id: '2', name: 'Chen', place: 1 }];
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

/** Room for 64, and eight more who come because they are needed; `crates/room/src/limits.rs` says so. */
const FULL = 64 + 8;
/** Nobody is nearer to another than this, wherever their cameras are. */
const PERSONAL_M = 0.6;
const VIEWS = [-1, 0, 1].flatMap((yaw) => [0.55, 1.75, 3.6].map((distance_m) => ({ yaw: (yaw * Math.PI) / 2, pitch: 0, distance_m })));

test('a full room has a place for everybody, none of them near another, and all look at the hologram', () => {
  expect(PLACES).toHaveLength(FULL);
  const heads = PLACES.map((_, place) => VIEWS.map((view) => seatedPoses(place, view, undefined).head));
  for (const { position_m, rotation } of heads.flat()) {
    const at = new Vector3(...position_m);
    const ahead = new Vector3(0, 0, -1).applyQuaternion(new Quaternion(...rotation));
    expect(ahead.angleTo(new Vector3(0, HOLOGRAM_HEIGHT_M, 0).sub(at))).toBeLessThan(0.001);
    // The room reaches 4.8 m from the table.
    expect(at.length()).toBeLessThan(4.4);
  }
  const seen = heads.map((ones) => ones.map(({ position_m }) => new Vector3(...position_m)));
  const apart = seen.flatMap((ones, place) => seen.slice(place + 1).map((others) => Math.min(...ones.flatMap((one) => others.map((other) => one.distanceTo(other))))));
  expect(Math.min(...apart)).toBeGreaterThan(PERSONAL_M);
});

test('who is drawn from above by their place stands where others see them', () => {
  for (const [place] of PLACES.entries()) {
    const { position_m } = seatedPoses(place, { yaw: 0, pitch: 0, distance_m: 1.75 }, undefined).head;
    expect(new Vector3(...position_m).distanceTo(new Vector3(...eyesAt(place)))).toBeLessThan(1e-9);
  }
});

test('near places are taken first', () => {
  const free = PLACES.slice(0, 34).map(({ radius_m }) => radius_m);
  expect(free).toEqual([...free].sort((a, b) => a - b));
});

test('a place is where it is, whoever else is there', () => {
  const headOf = (others: readonly Participant[]): Poses['head'] | undefined => {
    let said: Poses | undefined;
    takeSeat({ selfId: '2', participants: () => [{ id: '2', name: 'Chen', place: 7 }, ...others], pose: (poses) => void (said = poses) })();
    return said?.head;
  };
  const alone = headOf([]);
  expect(alone).toBeDefined();
  expect(headOf([{ id: '1', name: 'Li', place: 0 }, { id: '10', name: 'Wang', place: 6 }])).toEqual(alone);
});

test('at a screen the hand points with what the mouse points at, and is a fist while it holds the hologram', () => {
  const view = { yaw: 0, pitch: 0, distance_m: 1.75 };
  expect(seatedPoses(0, view, undefined).right).toBeNull();
  const at = new Vector3(0, 1.3, 0.1);
  expect(seatedPoses(0, view, at).right?.fingers).toEqual(POINTING);
  expect(seatedPoses(0, view, at, true).right?.fingers).toEqual(FIST);
});

test('with a tool that points at nothing head and hand follow the mouse all the same, and no laser shines', () => {
  const view = { yaw: 0, pitch: 0, distance_m: 1.75 };
  const at = new Vector3(0.2, 1.1, 0.1);
  const { head, right, pointer } = seatedPoses(0, view, at, false, false);
  expect(right?.fingers).toEqual(POINTING);
  for (const { position_m, rotation } of [head, right ?? head]) {
    const ahead = new Vector3(0, 0, -1).applyQuaternion(new Quaternion(...rotation));
    expect(ahead.angleTo(at.clone().sub(new Vector3(...position_m)))).toBeLessThan(0.001);
  }
  expect(pointer).toMatchObject({ hit_m: [0.2, 1.1, 0.1], on: false });
  // What does not move is said the same each time, so that nothing is sent.
  expect(seatedPoses(0, view, at.clone(), false, false)).toEqual({ head, left: null, right, pointer });
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

test('hands that a webcam sees are where they are from the eyes, and the mouse points from the right one', () => {
  const seated = seatedPoses(3, { yaw: 0, pitch: 0, distance_m: 1.75 }, new Vector3(0, 1.3, 0.1));
  const still = { turn_rad: 0, nod_rad: 0, tilt_rad: 0, aside_m: 0.1, up_m: 0, ahead_m: 0, mouth: 0 };
  const hand = (aside: number) => ({ at_m: [aside, -0.1, -0.3], rotation: [0, 0, 0, 1], fingers: POINTING }) as const;
  const eyes = new Vector3(...seated.head.position_m);
  const ahead = new Vector3(0, 0, -1).applyQuaternion(new Quaternion(...seated.head.rotation)).setY(0).normalize();
  const { left, right, pointer } = leaning(seated, { ...still, left: hand(-0.2), right: hand(0.2) });
  for (const [seen, aside] of [[left, -0.2], [right, 0.2]] as const) {
    const from = new Vector3(...(seen?.position_m ?? [NaN, NaN, NaN])).sub(eyes);
    expect(from.dot(ahead)).toBeCloseTo(0.3);
    expect(from.y).toBeCloseTo(-0.1);
    // To the own right of somebody who looks ahead.
    expect(from.dot(new Vector3(-ahead.z, 0, ahead.x))).toBeCloseTo(aside);
    expect(new Vector3(0, 0, -1).applyQuaternion(new Quaternion(...(seen?.rotation ?? [0, 0, 0, 1]))).angleTo(ahead)).toBeLessThan(0.001);
    expect(seen?.fingers).toEqual(POINTING);
  }
  expect(pointer?.origin_m).toEqual(right?.position_m);
  expect(leaning(seated, { ...still, left: hand(-0.2) }).right).toEqual(seated.right);
});

test('who points on slices alone is seen to, at the pace of the room, and the laser goes out at once', () => {
  const said: Poses[] = [];
  let at: readonly [number, number, number] | undefined;
  const leave = takeSeat({ selfId: '1', participants: () => [{ id: '1', name: 'Li' }], pose: (poses) => void said.push(poses) }, undefined, () => at);
  expect(said.at(-1)?.pointer).toBeNull();
  at = [0.1, 1.3, -0.2];
  vi.advanceTimersByTime(500);
  expect(said.length).toBeGreaterThan(8);
  expect(said.at(-1)).toMatchObject({ pointer: { hit_m: at, on: true }, right: { fingers: POINTING } });
  at = undefined;
  vi.advanceTimersByTime(60);
  expect(said.at(-1)?.pointer).toBeNull();
  const before = said.length;
  vi.advanceTimersByTime(500);
  expect(said).toHaveLength(before);
  leave();
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
