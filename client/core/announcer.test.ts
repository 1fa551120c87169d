import { createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAnnouncer } from './announcer';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is said within one moment is said together, the same words once, and another time they are spoken again', () => {
  const { announced, announce } = createRoot(createAnnouncer);
  announce('Li has come in.');
  announce('Li is the host.');
  expect(announced()).toBe('');
  vi.runAllTimers();
  expect(announced()).toBe('Li has come in. Li is the host.');
  announce('Li raises a hand.');
  announce('Li raises a hand.');
  expect(announced()).toBe('');
  vi.runAllTimers();
  expect(announced()).toBe('Li raises a hand.');
  announce('Li raises a hand.');
  expect(announced()).toBe('');
  vi.runAllTimers();
  expect(announced()).toBe('Li raises a hand.');
});
