import { Vector3 } from 'three';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Participant, Poses } from './room-view';
import { FIST, POINTING } from '../core/hands';
import { seatedPoses, takeSeat } from './seats';

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
