import { createComputed, createRoot, createSignal } from 'solid-js';
import { expect, test } from 'vitest';
import { idsOf } from './room-order';

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
