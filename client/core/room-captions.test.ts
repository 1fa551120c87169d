import { createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCaptions } from './room-captions';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what was said last is shown for some seconds, and stays in the list', () => {
  const [said, leave] = createRoot((dispose) => [createCaptions(), dispose] as const);
  const say = (text: string): void => said.add({ name: 'Chen', text, heard: false });
  const shown = (): string[] => said.lately().map(({ text }) => text);
  for (const text of ['one', 'two', 'three']) say(text);
  expect(shown()).toEqual(['two', 'three']);
  vi.advanceTimersByTime(4_000);
  say('four');
  expect(shown()).toEqual(['three', 'four']);
  vi.advanceTimersByTime(3_000);
  expect(shown()).toEqual(['four']);
  vi.advanceTimersByTime(4_000);
  expect(shown()).toEqual([]);
  expect(said.captions()).toHaveLength(4);
  say('five');
  leave();
  expect(vi.getTimerCount()).toBe(0);
});
