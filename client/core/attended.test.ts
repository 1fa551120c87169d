import { createRoot } from 'solid-js';
import { afterEach, expect, test, vi } from 'vitest';
import { THERE_ms, createAttended } from './attended';

afterEach(() => void vi.useRealTimers());

test('somebody is at a page for some minutes after each deed of their hands, and not before', () => {
  vi.useFakeTimers();
  const page = new EventTarget();
  createRoot((end) => {
    const isThere = createAttended(page);
    for (const [event, wait, is] of [
      ['visibilitychange', 0, false],
      ['pointerdown', 0, true],
      ['scroll', THERE_ms - 1, true],
      ['scroll', 1, false],
      ['keydown', 0, true],
      ['wheel', THERE_ms - 1, true],
      ['wheel', THERE_ms - 1, true],
    ] as const) {
      vi.advanceTimersByTime(wait);
      page.dispatchEvent(new Event(event));
      expect(isThere(), event).toBe(is);
    }
    end();
    vi.advanceTimersByTime(THERE_ms);
    page.dispatchEvent(new Event('keydown'));
    expect(isThere()).toBe(false);
  });
});
