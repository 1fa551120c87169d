import { createEffect, createRoot, createSignal } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createToasts } from './toasts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is shown for a moment is said to those who listen, once and in the language of then', () => {
  const said: string[] = [];
  const [language, setLanguage] = createSignal('en');
  const { toasts, toast } = createRoot(() => createToasts((words) => void said.push(words)));
  toast(() => `kept, ${language()}`);
  expect(said).toEqual(['kept, en']);
  setLanguage('zh');
  expect(toasts().map(({ words }) => words())).toEqual(['kept, zh']);
  expect(said).toHaveLength(1);
  vi.advanceTimersByTime(6_000);
  expect([toasts(), said.length]).toEqual([[], 1]);
});

test('an effect that shows something does not show it again in another language', () => {
  const said: string[] = [];
  const [language, setLanguage] = createSignal('en');
  createRoot(() => {
    const { toast } = createToasts((words) => void said.push(words));
    createEffect(() => toast(language));
  });
  setLanguage('zh');
  expect(said).toEqual(['en']);
});

test('a few are shown at most, the oldest go first, and each can be closed', () => {
  const said: string[] = [];
  const { toasts, toast, dismiss } = createRoot(() => createToasts((words) => void said.push(words)));
  for (const words of ['a', 'b', 'c', 'd']) toast(() => words);
  const shown = (): string[] => toasts().map(({ words }) => words());
  expect(shown()).toEqual(['b', 'c', 'd']);
  dismiss(toasts()[1]?.id ?? -1);
  expect(shown()).toEqual(['b', 'd']);
  expect(said).toEqual(['a', 'b', 'c', 'd']);
});
