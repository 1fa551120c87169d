import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Participant, Poses } from './room-view';
import { takeSeat } from './seats';

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
