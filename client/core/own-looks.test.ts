import { createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Act, Participant } from '../../contract/room';
import { bringOwnLooks, lookLike, wear } from './own-looks';
import type { RoomOrder } from './room-order';

const kept = new Map<string, string>();
beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
});
afterEach(() => vi.unstubAllGlobals());

/** The order of a room with somebody in it, and what the room is asked for. */
function roomOf(own: Partial<Participant>): { readonly order: RoomOrder; readonly me: Participant; readonly asked: Act[] } {
  const asked: Act[] = [];
  const me = { id: 1, actor: 'li.terminal', colour: '#e69f00', ...own } as Participant;
  const order = { own: () => me, act: (act: Act) => asked.push(act) } as unknown as RoomOrder;
  return { order, me, asked };
}

/** What the room is asked for when somebody comes in. */
function comesIn(own: Partial<Participant>, others: readonly Partial<Participant>[] = []): Act[] {
  const { order, me, asked } = roomOf(own);
  createRoot((dispose) => {
    bringOwnLooks(order, () => [me, ...(others as Participant[])]);
    queueMicrotask(dispose);
  });
  return asked;
}

test('who chose colour and figure brings them into the next room', () => {
  const chosen: Act[] = [
    { act: 'wear', colour: '#56b4e9' },
    { act: 'look-like', figure: 4 },
  ];
  const { order, asked } = roomOf({});
  wear(order, '#56b4e9');
  lookLike(order, 4);
  expect(asked).toEqual(chosen);
  expect(comesIn({})).toEqual(chosen);
  expect(comesIn({ colour: '#56b4e9', figure: 4 })).toEqual([]);
  expect(comesIn({}, [{ id: 2, colour: '#56b4e9', name: 'Chen' }])).toEqual([{ act: 'look-like', figure: 4 }]);
});

test('under a pseudonym nothing is brought along, and what is chosen there is not kept', () => {
  kept.set('room-colour', '#56b4e9').set('room-figure', '2');
  const hidden = { actor: 'pseudonym.4f7' };
  expect(comesIn(hidden)).toEqual([]);
  const { order, asked } = roomOf(hidden);
  lookLike(order, 3);
  expect(asked).toEqual([{ act: 'look-like', figure: 3 }]);
  expect(kept.get('room-figure')).toBe('2');
});

test.each(['', '0', '6', '1.5', 'medical-1'])('of what is kept as %j nothing is asked', (figure) => {
  kept.set('room-figure', figure);
  expect(comesIn({})).toEqual([]);
});
