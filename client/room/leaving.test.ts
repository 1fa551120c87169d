import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tellLeft } from './leaving';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

it('says it as soon as there is a way, once, and also where the page is closed meanwhile', async () => {
  const sent: { url: string; init: RequestInit }[] = [];
  // No line, then a proxy whose hospital is away, then the hospital.
  const answers = [undefined, undefined, 502, 204];
  let isTold = false;
  const fetch = (url: string, init: RequestInit): Promise<{ status: number }> => {
    const status = answers[sent.push({ url, init }) - 1];
    return status === undefined ? Promise.reject(new TypeError('no line')) : Promise.resolve({ status });
  };
  void tellLeft('/api/rooms/r1', 'ab'.repeat(16), false, fetch).then(() => (isTold = true));
  await vi.advanceTimersByTimeAsync(6_000);
  expect([sent.length, isTold]).toEqual([3, false]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([sent.length, isTold]).toEqual([4, true]);
  expect(sent.at(-1)).toEqual({
    url: '/api/rooms/r1/seat',
    init: { method: 'DELETE', keepalive: true, headers: { 'x-yuanyi-client': '1', 'x-yuanyi-seat': 'ab'.repeat(16) }, signal: expect.any(AbortSignal) as AbortSignal },
  });
});

it('gives up once the seat is kept no longer in any case', async () => {
  let tries = 0;
  const never = (): Promise<{ status: number }> => Promise.reject(new TypeError(`no line ${String((tries += 1))}`));
  let isOver = false;
  void tellLeft('/api/rooms/r1', 'ab'.repeat(16), false, never).then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(150_000);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(isOver).toBe(true);
  expect(tries).toBeLessThan(90);
});

it('lets what is on its way by a line that is well be heard first', async () => {
  let tries = 0;
  const fetch = (): Promise<{ status: number }> => {
    tries += 1;
    return Promise.resolve({ status: 204 });
  };
  void tellLeft('/api/rooms/r1', 'ab'.repeat(16), true, fetch);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(tries).toBe(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(tries).toBe(1);
});
