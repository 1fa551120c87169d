import { createEffect, createRoot, createSignal } from 'solid-js';
import { expect, test } from 'vitest';
import type { Row } from './course';
import { sameLines } from './lines';

const row = (id: string, state: Row['state'], why: string): Row =>
  ({ id, state, patient: { id: `p-${id}`, name: id }, alert: { id: `a-${id}`, why: [{ zh: why, en: why }] } }) as unknown as Row;

test('a list that is read anew keeps its lines, in their new order, and changes what is new in them', () => {
  createRoot((dispose) => {
    const [read, answer] = createSignal<readonly Row[]>();
    const lines = sameLines(read);
    expect(lines()).toEqual([]);
    answer([row('one', 'alert', 'worse'), row('two', 'fine', '')]);
    const [one, two] = lines();
    // All of it is written anew, as an answer of the server is.
    answer([row('two', 'alert', 'silent'), row('one', 'taken', 'worse'), row('three', 'fine', '')]);
    expect(lines().map(({ id }) => id)).toEqual(['two', 'one', 'three']);
    expect(lines()[0]).toBe(two);
    expect(lines()[1]).toBe(one);
    expect([one?.state, two?.alert?.why[0]?.en]).toEqual(['taken', 'silent']);
    answer([row('two', 'alert', 'silent')]);
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toBe(two);
    dispose();
  });
});

test('a line in which nothing is new tells nobody', async () => {
  const [read, answer] = createSignal<readonly Row[]>([row('one', 'fine', '')]);
  const seen: string[] = [];
  const dispose = createRoot((end) => {
    const lines = sameLines(read);
    createEffect(() => void seen.push(...lines().map(({ state }) => state)));
    return end;
  });
  await Promise.resolve();
  answer([row('one', 'fine', '')]);
  expect(seen).toEqual(['fine']);
  answer([row('one', 'alert', '')]);
  expect(seen).toEqual(['fine', 'alert']);
  dispose();
});
