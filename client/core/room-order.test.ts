import { createComputed, createRoot, createSignal } from 'solid-js';
import { expect, test } from 'vitest';
import type { Sanction } from '../../contract/room';
import { blocks, idsOf, isOpen, pleaOf } from './room-order';

test('rows of people stay while the same people are there, whatever changes about them', () => {
  createRoot((end) => {
    const [people, setPeople] = createSignal([{ id: 1, hand: false }, { id: 2, hand: false }]);
    const ids = idsOf(people);
    let made = 0;
    createComputed(() => {
      ids();
      made++;
    });
    setPeople([{ id: 1, hand: true }, { id: 2, hand: false }]);
    expect(made).toBe(1);
    setPeople([{ id: 1, hand: true }, { id: 3, hand: false }]);
    expect(ids()).toEqual([1, 3]);
    expect(made).toBe(2);
    end();
  });
});

test('an appeal waits until it is answered or the sanction is over, and is read beside who is outside', () => {
  const appeal = { reason: 'I was ill', at: '', answer: null };
  const muted: Sanction = { number: 1, actor: 'w', name: 'Wang', grade: 'muted', reason: 'noise', by: 'l', since: '', until: null, over: null, appeal };
  const blocked: Sanction = { ...muted, number: 2, grade: 'blocked', appeal: { ...appeal, reason: 'it was somebody else' } };
  expect([muted, { ...muted, appeal: null }, { ...muted, over: '' }].map(isOpen)).toEqual([true, false, false]);
  const answer = { granted: false, reason: 'no', by: 's', name: 'Sun', at: '' };
  expect(isOpen({ ...muted, appeal: { ...appeal, answer } })).toBe(false);
  expect(blocks([muted, blocked])).toEqual([blocked]);
  expect([pleaOf([muted, blocked], 'w'), pleaOf([muted], 'w'), pleaOf([blocked], 'x')]).toEqual(['it was somebody else', undefined, undefined]);
});
