import { expect, test, vi } from 'vitest';
import { askToCall, callIn, takeCall } from './calls';
import type { VoiceState } from './room-voice';

test('what was asked for a room holds for that room, once', () => {
  askToCall('one');
  expect(takeCall('other')).toBe(false);
  expect(takeCall('one')).toBe(true);
  expect(takeCall('one')).toBe(false);
});

test.each([
  ['in', ['microphone', 'camera']],
  ['out', []],
] as const)('who is %s after joining opens %j', async (state, opened) => {
  const turn = vi.fn(async () => undefined);
  await callIn({ state: () => state as VoiceState, join: async () => undefined, turn });
  expect(turn.mock.calls).toEqual(opened.map((source) => [source, true]));
});
