import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Dictation } from './dictation';
import { FakeRecorder } from './fake-recorder';

const track = { readyState: 'live' as MediaStreamTrackState };
let spoke: boolean;
let pieces: string[];

beforeEach(() => {
  vi.useFakeTimers();
  [spoke, pieces, FakeRecorder.made, track.readyState] = [false, [], 0, 'live'];
  vi.stubGlobal('MediaRecorder', FakeRecorder);
  vi.stubGlobal('MediaStream', Object);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function dictate(): Dictation {
  const wasSpoken = (): boolean => {
    const was = spoke;
    spoke = false;
    return was;
  };
  return new Dictation(track as MediaStreamTrack, wasSpoken, (sound) => pieces.push((sound as Blob & { name: string }).name));
}

test('a piece in which somebody spoke goes out though its sound comes after the next has begun', () => {
  dictate();
  vi.advanceTimersByTime(2_000);
  spoke = true;
  vi.advanceTimersByTime(3_100);
  expect(pieces).toEqual(['1']);
});

test('silence goes nowhere, nor does a piece before which somebody spoke', () => {
  spoke = true;
  dictate();
  vi.advanceTimersByTime(5_010);
  // Said between the end of the first piece and the coming of its sound.
  spoke = true;
  vi.advanceTimersByTime(3_000);
  expect(pieces).toEqual([]);
  vi.advanceTimersByTime(2_100);
  expect(pieces).toEqual(['2']);
  vi.advanceTimersByTime(5_000);
  expect(pieces).toEqual(['2']);
});

test('what was said until it ends goes out, and nothing is recorded after', () => {
  const dictation = dictate();
  spoke = true;
  vi.advanceTimersByTime(1_000);
  dictation.stop();
  dictation.stop();
  vi.advanceTimersByTime(20_000);
  expect(pieces).toEqual(['1']);
  expect(FakeRecorder.made).toBe(1);
});

test('a microphone that is gone is not recorded any more', () => {
  dictate();
  track.readyState = 'ended';
  vi.advanceTimersByTime(20_000);
  expect(FakeRecorder.made).toBe(1);
});
