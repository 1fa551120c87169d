import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeRecorder } from './fake-recorder';
import { recordSpoken } from './spoken';
import type { Spoken } from './spoken';

let stopped: number;
let level: number;
let closed: boolean;
const track = { stop: () => void stopped++ } as unknown as MediaStreamTrack;

beforeEach(() => {
  vi.useFakeTimers();
  [stopped, level, closed] = [0, 0, false];
  vi.stubGlobal('MediaRecorder', FakeRecorder);
  vi.stubGlobal('MediaStream', Object);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const record = (): Spoken => recordSpoken(track, { level: () => level, close: () => (closed = true) });
/** Whether it is over by now. */
async function over({ sound }: Spoken): Promise<boolean> {
  return Promise.race([sound.then(() => true), Promise.resolve().then(() => Promise.resolve(false))]);
}

test('it ends when who spoke falls silent, and gives the microphone back', async () => {
  const spoken = record();
  await vi.advanceTimersByTimeAsync(800);
  level = 0.1;
  await vi.advanceTimersByTimeAsync(700);
  level = 0.001;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await over(spoken)).toBe(false);
  expect(stopped).toBe(0);
  await vi.advanceTimersByTimeAsync(300);
  expect((await spoken.sound)?.type).toBe('audio/webm');
  expect([stopped, closed]).toEqual([1, true]);
});

test('it ends when it is stopped, and after five seconds at most', async () => {
  level = 0.1;
  const short = record();
  await vi.advanceTimersByTimeAsync(500);
  short.stop();
  short.stop();
  await vi.advanceTimersByTimeAsync(20);
  expect(await short.sound).toBeDefined();
  const long = record();
  await vi.advanceTimersByTimeAsync(4_900);
  expect(await over(long)).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(await long.sound).toBeDefined();
  expect(stopped).toBe(2);
});

test('where nobody spoke there is nothing to send', async () => {
  const spoken = record();
  await vi.advanceTimersByTimeAsync(5_100);
  expect(await spoken.sound).toBeUndefined();
  expect([stopped, closed]).toEqual([1, true]);
});
