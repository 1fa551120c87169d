import { createRoot, createSignal } from 'solid-js';
import { beforeEach, expect, test, vi } from 'vitest';
import type { PlaceId } from '../stage/places/design';
import { askForPlace, createRoomSetting, takePlace } from './room-setting';
import type { RoomSetting } from './room-setting';

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
});

const open = (room: () => PlaceId): RoomSetting => createRoot(() => createRoomSetting(room));

test('one sees what the room is, also when it becomes another place, until one chooses, and again thereafter', () => {
  const [room, setRoom] = createSignal<PlaceId>('consulting');
  const setting = open(room);
  expect([setting.now(), setting.own()]).toEqual(['consulting', undefined]);
  setRoom('operating');
  expect(setting.now()).toBe('operating');
  setting.choose('ward');
  setRoom('research');
  expect([setting.now(), setting.own()]).toEqual(['ward', 'ward']);
  setting.choose(undefined);
  expect(setting.now()).toBe('research');
});

test('that one wants none is found so again, whatever the room is, until one chooses otherwise', () => {
  open(() => 'consulting').choose('flat');
  const again = open(() => 'operating');
  expect(again.now()).toBe('flat');
  again.choose(undefined);
  expect([again.now(), open(() => 'ward').now()]).toEqual(['operating', 'ward']);
});

test('a place that was asked for is that of its room alone, once', () => {
  askForPlace('one', 'ward');
  askForPlace('one', 'operating');
  expect([takePlace('another'), takePlace('one'), takePlace('one')]).toEqual([undefined, 'operating', undefined]);
});
