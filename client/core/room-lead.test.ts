import { createRoot, createSignal } from 'solid-js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Act } from '../../contract/room';
import type { RoomClient } from '../room/room-client';
import { createFront, createRoomLead, fromTheFront, isSame, viewOf, wireOf } from './room-lead';
import type { RoomLead } from './room-lead';

const HERE = { yaw: 0.25, pitch: 0.1, distance_m: 1.75 };

describe('a view that others follow', () => {
  it('says on the wire what the screen says', () => {
    expect(viewOf(wireOf(HERE), HERE)).toEqual(HERE);
  });

  it('is reached the shorter way round', () => {
    const turned = { ...HERE, yaw: HERE.yaw + 4 * Math.PI };
    expect(viewOf(wireOf(HERE), turned).yaw).toBeCloseTo(turned.yaw, 9);
    expect(viewOf({ yaw_rad: 3, pitch_rad: 0, distance_m: 1 }, { ...HERE, yaw: -3 }).yaw).toBeCloseTo(3 - 2 * Math.PI, 9);
  });

  it('is told again only where it has moved', () => {
    expect(isSame(wireOf(HERE), wireOf({ ...HERE, yaw: HERE.yaw + 1e-4 }))).toBe(true);
    expect(isSame(wireOf(HERE), wireOf({ ...HERE, pitch: HERE.pitch + 0.01 }))).toBe(false);
    expect(isSame(wireOf(HERE), wireOf({ ...HERE, distance_m: 2 }))).toBe(false);
  });
});

describe('who has no stage', () => {
  it('shows what is there from the front, and is not turned by who leads', () => {
    const client = { state: { status: 'open', self: 1, participants: new Map() }, on: () => () => undefined, act: (act: Act) => (acts.push(act), Promise.resolve()) } as unknown as RoomClient;
    const acts: Act[] = [];
    createRoot((dispose) => {
      const lead = createRoomLead(client, () => fromTheFront(true), { t: () => '', announce: () => undefined, toast: () => undefined } as unknown as Parameters<typeof createRoomLead>[2]);
      expect(lead.staged()).toBe(true);
      void lead.lead(true);
      void lead.gather();
      dispose();
    });
    const view = { yaw_rad: 0, pitch_rad: 0.12, distance_m: 1.75 };
    expect(acts).toEqual([{ act: 'lead', view }, { act: 'gather', view }]);
    // Without images everybody around the table is to be seen.
    expect(fromTheFront(false).ownView.distance_m).toBeGreaterThan(2.5);
  });
});

it('is shown from the front as long as there is no stage, and anew only where images come or go', () => {
  createRoot((dispose) => {
    const [none, setNone] = createSignal(false);
    const [hologram, setHologram] = createSignal<object>();
    const front = createFront(none, hologram);
    expect(front()).toBeUndefined();
    setNone(true);
    const table = front();
    expect(table?.ownView).toEqual(fromTheFront(false).ownView);
    setHologram({});
    const images = front();
    expect(images?.ownView).toEqual(fromTheFront(true).ownView);
    setHologram({});
    expect(front()).toBe(images);
    dispose();
  });
});

describe('who shows the way', () => {
  let end: () => void = () => undefined;
  afterEach(() => {
    end();
    vi.useRealTimers();
  });

  function begin(answer: () => Promise<void> = () => Promise.resolve()): { lead: RoomLead; acts: Act[]; state: { status: string }; view: { yaw: number }; said: string[] } {
    vi.useFakeTimers();
    const [acts, said]: [Act[], string[]] = [[], []];
    const view = { ...HERE };
    const state = { status: 'open', self: 1, participants: new Map(), leading: { participant: 1, view: wireOf(view) } };
    const client = { state, on: () => () => undefined, act: (act: Act) => (acts.push(act), answer()) } as unknown as RoomClient;
    const app = { t: (key: string) => key, announce: (words: string) => void said.push(words), toast: () => undefined };
    const stage = { look: () => undefined, get ownView() { return view; } };
    const lead = createRoot((dispose) => {
      end = dispose;
      return createRoomLead(client, () => stage, app);
    });
    return { lead, acts, state, view, said };
  }

  it('tells no views while the line is down, and the latest once it is back', async () => {
    const { acts, state, view } = begin();
    await vi.advanceTimersByTimeAsync(500);
    expect(acts).toHaveLength(1);
    state.status = 'reconnecting';
    for (let turn = 0; turn < 50; turn++) {
      view.yaw += 0.1;
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(acts).toHaveLength(1);
    state.status = 'open';
    await vi.advanceTimersByTimeAsync(500);
    expect(acts.slice(1)).toEqual([{ act: 'lead', view: wireOf(view as typeof HERE) }]);
  });

  it('says that everybody is brought here when they are, and not when that is refused', async () => {
    const done = begin();
    expect([await done.lead.gather(), done.said]).toEqual([true, ['lead.said.done']]);
    end();
    const refused = begin(() => Promise.reject(new Error('refused')));
    expect([await refused.lead.gather(), await refused.lead.lead(true), refused.said]).toEqual([false, false, []]);
  });
});
