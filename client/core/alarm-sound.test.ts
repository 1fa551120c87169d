import { createRoot, createSignal } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AGAIN_ms, createAlarmSound, hearAlarms } from './alarm-sound';
import type { Sounding } from './alarm-sound';
import type { App } from './app';
import type { ServerEvent } from './events';

const heardAs = (pulses: number[], burst_every_s: number): Sounding => ({
  signalling: { colour: 'red', flash_hz: 2, pulses, burst_every_s, word: { zh: '高', en: 'High' }, shape: 'triangle' },
});
const NONE: Sounding = { signalling: null };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page on which alarms are heard: the pulses of each burst, and what the server answers next. */
function heard(first: Sounding, isStill = false) {
  let now = first;
  const bursts: number[][] = [];
  const listeners: ((event: ServerEvent) => void)[] = [];
  const [waits, setWaits] = createSignal(isStill);
  const app = { api: { get: async () => now }, onServerEvent: (one: (event: ServerEvent) => void) => listeners.push(one) } as unknown as App;
  const end = createRoot((dispose) => {
    hearAlarms(app, { burst: ({ pulses }) => bursts.push(pulses), waits });
    return dispose;
  });
  return {
    bursts,
    touch: () => setWaits(false),
    async answer(next: Sounding, kind = 'alarm') {
      now = next;
      for (const tell of listeners) tell({ kind } as ServerEvent);
      await vi.advanceTimersByTimeAsync(0);
    },
    end,
  };
}

test('what calls sounds again and again, each by its own time, until it calls no more', async () => {
  const { bursts, answer, end } = heard(heardAs([3], 25));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(bursts).toEqual([[3], [3], [3]]);
  // A more urgent one is heard at once.
  await answer(heardAs([3, 2, 3, 2], 10));
  expect(bursts.at(-1)).toEqual([3, 2, 3, 2]);
  await answer(NONE);
  const before = bursts.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(bursts).toHaveLength(before);
  end();
});

test('that a pause is over needs no news', async () => {
  const { bursts, answer, end } = heard(NONE);
  await answer(heardAs([1], 30), 'something-else');
  expect(bursts).toEqual([]);
  await vi.advanceTimersByTimeAsync(AGAIN_ms);
  expect(bursts).toEqual([[1]]);
  end();
});

test('nothing is lost of what calls while the browser waits for a touch, and nothing sounds after the page', async () => {
  const { bursts, touch, end } = heard(heardAs([2], 10), true);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(bursts).toEqual([]);
  touch();
  expect(bursts).toEqual([[2]]);
  end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(bursts).toEqual([[2]]);
});

test('that sound is on is kept for the session', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const before = createAlarmSound(storage);
  expect(before.isOn()).toBe(false);
  before.turn();
  expect(createAlarmSound(storage).isOn()).toBe(true);
  before.turn();
  expect(createAlarmSound(storage).isOn()).toBe(false);
});
