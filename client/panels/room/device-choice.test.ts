import { expect, test } from 'vitest';
import { choosable } from './device-choice';

const [DESK, HEADSET, CAMERA] = [
  { kind: 'audioinput', deviceId: 'desk' },
  { kind: 'audioinput', deviceId: 'headset' },
  { kind: 'videoinput', deviceId: 'camera' },
] as const;

test('what was chosen stays to be chosen while it is not plugged in, and is there once when it is again', () => {
  const of = (found: Parameters<typeof choosable>[1], chosen: string): readonly string[] => choosable('audioinput', found, chosen);
  expect(of([DESK, HEADSET, CAMERA], 'headset')).toEqual(['desk', 'headset']);
  expect(of([DESK, CAMERA], 'headset')).toEqual(['desk', 'headset']);
  expect(of([CAMERA], 'headset')).toEqual(['headset']);
  expect(of([DESK, CAMERA], '')).toEqual(['desk']);
});

test('what the browser names nothing, or the usual one, is no choice of its own', () => {
  expect(choosable('audioinput', [{ kind: 'audioinput', deviceId: '' }, { kind: 'audioinput', deviceId: 'default' }, DESK], '')).toEqual(['desk']);
});

test('of what the browser does not name yet nobody knows whether what was chosen before is among it', () => {
  expect(choosable('audioinput', [{ kind: 'audioinput', deviceId: '' }, CAMERA], 'headset')).toEqual([]);
});
