import { createRoot, createSignal } from 'solid-js';
import { expect, test, vi } from 'vitest';
import type { Participant } from '../../contract/room';
import { hearClock } from './hospital-clock';
import { createRoomStay, remindedOf } from './room-stay';

const joined = '2026-03-02T08:00:00Z';
const after = (minutes: number): number => Date.parse(joined) + minutes * 60_000;

test('one who treats the patient is reminded to rest, and never put out', () => {
  const own = { joined, stays_until: null };
  expect(remindedOf(own, after(44))).toBeUndefined();
  expect(remindedOf(own, after(46))).toMatchObject({ ends: false, minutes: 45 });
  expect(remindedOf(own, after(200))).toMatchObject({ ends: false, minutes: 180 });
  expect(remindedOf(own, after(46))?.key).not.toBe(remindedOf(own, after(91))?.key);
});

test('who goes from room to room is reminded by the time in all of them', () => {
  const own = { joined: '2026-03-02T08:40:00Z', stays_until: null, unrested_since: joined };
  expect(remindedOf(own, after(44))).toBeUndefined();
  expect(remindedOf(own, after(46))).toMatchObject({ ends: false, minutes: 45 });
  vi.useFakeTimers({ now: after(41) });
  createRoot((dispose) => {
    const stay = createRoomStay(() => own as Participant);
    expect(stay.due()).toBeUndefined();
    vi.advanceTimersByTime(5 * 60_000);
    expect(stay.due()).toMatchObject({ minutes: 45 });
    dispose();
  });
  vi.useRealTimers();
});

test('whose stay ends hears it before, with the minutes that are left', () => {
  const own = { joined, stays_until: '2026-03-02T10:00:00Z' };
  expect(remindedOf(own, after(109))).toMatchObject({ ends: false });
  expect(remindedOf(own, after(111))).toMatchObject({ ends: true, minutes: 9 });
  expect(remindedOf(own, after(121))).toMatchObject({ ends: true, minutes: 1 });
  expect(remindedOf(undefined, after(121))).toBeUndefined();
});

test('a reminder is due until it is noted, and the next one again', () => {
  vi.useFakeTimers({ now: after(44) });
  createRoot((dispose) => {
    const stay = createRoomStay(() => ({ joined, stays_until: null }) as Participant);
    expect(stay.due()).toBeUndefined();
    vi.advanceTimersByTime(2 * 60_000);
    expect(stay.due()).toMatchObject({ minutes: 45 });
    stay.noted();
    expect(stay.due()).toBeUndefined();
    vi.advanceTimersByTime(45 * 60_000);
    expect(stay.due()).toMatchObject({ minutes: 90 });
    dispose();
  });
  vi.useRealTimers();
});

test('that a stay ends is heard in time on a device whose clock is a quarter of an hour slow, or fast', () => {
  for (const off of [-15, 15]) {
    vi.useFakeTimers({ now: after(off) });
    // The hospital says what time it is as somebody comes in.
    hearClock(new Date(after(0)).toUTCString(), after(off), after(off));
    createRoot((dispose) => {
      const stay = createRoomStay(() => ({ joined, stays_until: new Date(after(30)).toISOString() }) as Participant);
      vi.advanceTimersByTime(19 * 60_000);
      expect(stay.due()).toBeUndefined();
      vi.advanceTimersByTime(2 * 60_000);
      expect(stay.due()).toMatchObject({ ends: true, minutes: 9 });
      dispose();
    });
  }
  hearClock(new Date(after(0)).toUTCString(), after(0), after(0));
  vi.useRealTimers();
});

test('who comes back at once, such as after the hospital began anew, is reminded as before, and who was away is not', () => {
  vi.useFakeTimers({ now: after(0) });
  createRoot((dispose) => {
    const seat = (minutes: number): Participant => ({ joined: new Date(after(minutes)).toISOString(), stays_until: null }) as Participant;
    const [own, setOwn] = createSignal<Participant | undefined>(seat(0));
    const stay = createRoomStay(own);
    vi.advanceTimersByTime(40 * 60_000);
    setOwn(undefined);
    vi.advanceTimersByTime(60_000);
    setOwn(seat(41));
    vi.advanceTimersByTime(5 * 60_000);
    expect(stay.due()).toMatchObject({ minutes: 45 });
    setOwn(undefined);
    vi.advanceTimersByTime(20 * 60_000);
    setOwn(seat(66));
    vi.advanceTimersByTime(40 * 60_000);
    expect(stay.due()).toBeUndefined();
    vi.advanceTimersByTime(6 * 60_000);
    expect(stay.due()).toMatchObject({ minutes: 45 });
    dispose();
  });
  vi.useRealTimers();
});
