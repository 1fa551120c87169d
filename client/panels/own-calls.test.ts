import { createRoot, createSignal } from 'solid-js';
import { expect, test, vi } from 'vitest';
import type { App } from '../core/app';
import type { MyCall } from '../core/reach';
import { createOwnCalls, drawnOnPage, seenOnPage } from './own-calls';

const call = (id: string): MyCall => ({ id, kind: 'alarm', priority: 'high', since: '2026-03-02T09:00:00Z', path: `/called/${id}` });
const CALLS = ['a', 'b', 'c', 'd', 'e'].map(call);
const isHere = ({ id }: MyCall): boolean => id === 'e';
const idsOf = (calls: readonly MyCall[]): string[] => calls.map(({ id }) => id);

test('only what a page draws is seen on it, and nothing where nobody looks', () => {
  expect(idsOf(drawnOnPage(CALLS, isHere))).toEqual(['a', 'b', 'c']);
  expect(idsOf(seenOnPage(CALLS, isHere, true))).toEqual(['e', 'a', 'b', 'c']);
  expect(seenOnPage(CALLS, isHere, false)).toEqual([]);
});

test('what is seen is told once, from when it is seen; the next is when the one before it is closed', async () => {
  const post = vi.fn(async () => undefined);
  const app = { api: { get: async () => CALLS, post }, onServerEvent: () => undefined, announce: () => undefined, t: (key: string) => key } as unknown as App;
  const [reads, setReads] = createSignal(false);
  const { calls, end } = createRoot((dispose) => ({ calls: createOwnCalls(app, (open) => (reads() ? open.slice(0, 1) : [])), end: dispose }));
  await vi.waitFor(() => expect(idsOf(calls.open())).toEqual(['a', 'b', 'c', 'd', 'e']));
  expect(post).not.toHaveBeenCalled();
  setReads(true);
  setReads(false);
  setReads(true);
  calls.hide('a');
  expect(post.mock.calls).toEqual([['/api/calls/shown', { ids: ['a'] }], ['/api/calls/shown', { ids: ['b'] }]]);
  end();
});
