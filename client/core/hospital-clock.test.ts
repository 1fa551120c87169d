import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApi } from './api';
import { hearClock, hospitalNow } from './hospital-clock';

/** The hospital's clock, and how long its answers take. */
let hospital_ms: number;
let late_ms: number;
const api = createApi(() => {}, async () => {
  const date = new Date(hospital_ms).toUTCString();
  vi.setSystemTime(Date.now() + late_ms);
  hospital_ms += late_ms;
  return new Response('{}', { status: 200, headers: { date } });
});
const ask = (): Promise<unknown> => api.get('/api/x');
const MINUTE_ms = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-03-02T08:00:00.700Z') });
  [hospital_ms, late_ms] = [Date.now(), 0];
  // No earlier than by this device, and no later: each test begins with clocks that are alike.
  const [date, at_ms] = ['Mon, 02 Mar 2026 08:00:00 GMT', Date.parse('2026-03-02T08:00:00Z')];
  for (const by_ms of [0, 1_000]) hearClock(date, at_ms + by_ms, at_ms + by_ms);
});
afterEach(() => void vi.useRealTimers());

test('a clock that is right is not put wrong by the seconds of answers, nor by their delay', async () => {
  expect(hospitalNow()).toBe(Date.now());
  late_ms = 20_000;
  await ask();
  expect(hospitalNow()).toBe(Date.now());
});

test.each([15, -15])('a clock that is %i minutes off is told by the first answer, and the hospital’s is gone by', async (off) => {
  hospital_ms += off * MINUTE_ms;
  late_ms = 100;
  await ask();
  expect(Math.abs(hospitalNow() - hospital_ms)).toBeLessThanOrEqual(1_100);
  // It goes on between answers, and one that took long tells nothing worse.
  vi.setSystemTime(Date.now() + MINUTE_ms);
  hospital_ms += MINUTE_ms;
  late_ms = 20_000;
  await ask();
  expect(Math.abs(hospitalNow() - hospital_ms)).toBeLessThanOrEqual(1_100);
});

test('who sets the clock of the device right meanwhile has the right time again', async () => {
  hospital_ms += 15 * MINUTE_ms;
  await ask();
  vi.setSystemTime(hospital_ms);
  await ask();
  expect(Math.abs(hospitalNow() - hospital_ms)).toBeLessThanOrEqual(1_000);
});

test('an answer without a time says nothing of it', async () => {
  await createApi(() => {}, async () => new Response('{}', { status: 200 })).get('/api/x');
  expect(hospitalNow()).toBe(Date.now());
});
