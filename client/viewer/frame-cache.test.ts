import { describe, expect, test } from 'vitest';
import { FrameCache, wanted } from './frame-cache';
import type { Pixels } from './pixels';

const OPTIONS = { mostBytes: 1000, lanes: 2, ahead: 3, behind: 1 };
const picture = (bytes: number): Pixels => ({ kind: 'grey', samples: new Uint8Array(bytes), least: 0, most: 0 });

/** A loader whose pictures come when the test says so. */
function byHand(bytes = 100): { load: (index: number, signal: AbortSignal) => Promise<Pixels>; asked: number[]; dropped: number[]; give(index: number): Promise<void>; fail(index: number): Promise<void> } {
  const open = new Map<number, { resolve(pixels: Pixels): void; reject(error: Error): void }>();
  const [asked, dropped]: [number[], number[]] = [[], []];
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  return {
    asked,
    dropped,
    load: (index, signal) => {
      asked.push(index);
      signal.addEventListener('abort', () => dropped.push(index));
      return new Promise((resolve, reject) => open.set(index, { resolve, reject }));
    },
    give: async (index) => {
      open.get(index)?.resolve(picture(bytes));
      await settle();
    },
    fail: async (index) => {
      open.get(index)?.reject(new Error('no'));
      await settle();
    },
  };
}

test('what is wanted lies around what is shown, further in the direction of travel', () => {
  expect(wanted(10, 20, true, OPTIONS)).toEqual([10, 11, 9, 12, 13]);
  expect(wanted(10, 20, false, OPTIONS)).toEqual([10, 9, 11, 8, 7]);
  expect(wanted(0, 2, true, OPTIONS)).toEqual([0, 1]);
});

describe('a cache of frames', () => {
  test('loads a few at once, and goes on as they come', async () => {
    const hand = byHand();
    const cache = new FrameCache(20, hand.load, OPTIONS);
    const came: number[] = [];
    cache.events.on('arrived', (index) => came.push(index));
    cache.focus(0);
    expect(hand.asked).toEqual([0, 1]);
    await hand.give(0);
    expect(hand.asked).toEqual([0, 1, 2]);
    expect(came).toEqual([0]);
    expect(cache.get(0)).toBeDefined();
    expect(cache.get(1)).toBeUndefined();
  });

  test('drops what nobody looks at any more', () => {
    const hand = byHand();
    const cache = new FrameCache(100, hand.load, OPTIONS);
    cache.focus(0);
    cache.focus(50);
    expect(hand.dropped).toEqual([0, 1]);
    expect(hand.asked).toEqual([0, 1, 50, 51]);
  });

  test('stays within its bound, and keeps what is shown', async () => {
    const hand = byHand(300);
    const cache = new FrameCache(100, hand.load, OPTIONS);
    for (const at of [0, 40, 80]) {
      cache.focus(at);
      for (const index of [at, at + 1, at - 1, at + 2, at + 3]) await hand.give(index);
      expect(cache.bytes).toBeLessThanOrEqual(1000);
      expect(cache.get(at)).toBeDefined();
    }
    expect(cache.get(0)).toBeUndefined();
  });

  test('shows one that is larger than the bound all the same', async () => {
    const hand = byHand(5000);
    const cache = new FrameCache(3, hand.load, OPTIONS);
    cache.focus(1);
    await hand.give(1);
    expect(cache.get(1)).toBeDefined();
  });

  test('asks again for what failed when it is looked at again', async () => {
    const hand = byHand();
    const cache = new FrameCache(1, hand.load, OPTIONS);
    cache.focus(0);
    await hand.fail(0);
    expect(cache.failureOf(0)).toBeDefined();
    expect(hand.asked).toEqual([0]);
    cache.focus(0);
    expect(hand.asked).toEqual([0, 0]);
  });
});
