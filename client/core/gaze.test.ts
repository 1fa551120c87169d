import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as Gaze from './gaze';

/** What the device keeps. */
let kept: Map<string, string>;

/** As a page that is loaded anew. */
const opened = async (): Promise<typeof Gaze> => {
  vi.resetModules();
  return import('./gaze');
};

beforeEach(() => {
  kept = new Map();
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) });
});
afterEach(() => vi.unstubAllGlobals());

test('how long one looks is one of a few times, one after the other, and the device keeps it', async () => {
  const gaze = await opened();
  expect(gaze.gazeTime_s()).toBe(1.1);
  const times: number[] = [];
  for (let press = 0; press < 3; press++) {
    gaze.letGazeTake(gaze.timeAfter(gaze.gazeTime_s()));
    times.push(gaze.gazeTime_s());
  }
  expect(times).toEqual([1.8, 0.8, 1.1]);
  gaze.letGazeTake(1.8);
  expect((await opened()).gazeTime_s()).toBe(1.8);
});

test('a time that there is not is the usual one', async () => {
  kept.set('headset-gaze-time', '0.01');
  const gaze = await opened();
  expect(gaze.gazeTime_s()).toBe(1.1);
  gaze.letGazeTake(60);
  expect(gaze.gazeTime_s()).toBe(1.1);
});
