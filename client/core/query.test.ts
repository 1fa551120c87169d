import { createRoot, createSignal } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reloadSoon } from './query';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('many news are one question, which is not asked while an answer is on its way', () => {
  createRoot((dispose) => {
    const [loading, setLoading] = createSignal(false);
    const reload = vi.fn();
    const soon = reloadSoon({ loading, reload }, 300);
    soon();
    vi.advanceTimersByTime(200);
    soon();
    soon();
    expect(reload).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(reload).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    expect(reload).toHaveBeenCalledTimes(1);
    // News while it is read are asked for after that.
    setLoading(true);
    soon();
    vi.advanceTimersByTime(700);
    expect(reload).toHaveBeenCalledTimes(1);
    setLoading(false);
    vi.advanceTimersByTime(300);
    expect(reload).toHaveBeenCalledTimes(2);
    // Nobody asks when the page is left.
    soon();
    dispose();
    vi.advanceTimersByTime(1_000);
    expect(reload).toHaveBeenCalledTimes(2);
  });
});
