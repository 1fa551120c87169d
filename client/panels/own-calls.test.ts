import { createRoot, createSignal, getOwner, runWithOwner } from 'solid-js';
import { afterEach, expect, test, vi } from 'vitest';
import type { Mock } from 'vitest';
import type { App } from '../core/app';
import type { MyCall } from '../core/reach';
import { pageOf } from '../core/router';
import { AGAIN_ms, createOwnCalls, drawnOnPage, feelCalls, isShown, seenOnPage } from './own-calls';
import type { OwnCalls } from './own-calls';

const call = (id: string): MyCall => ({ id, kind: 'alarm', priority: 'high', since: '2026-03-02T09:00:00Z', path: `/called/${id}` });
const CALLS = ['a', 'b', 'c', 'd', 'e'].map(call);
const isHere = ({ id }: MyCall): boolean => id === 'e';
const idsOf = (calls: readonly MyCall[]): string[] => calls.map(({ id }) => id);

test('only what a page draws is seen on it, and nothing where nobody looks', () => {
  expect(idsOf(drawnOnPage(CALLS, isHere))).toEqual(['a', 'b', 'c']);
  expect(idsOf(seenOnPage(CALLS, isHere, true))).toEqual(['e', 'a', 'b', 'c']);
  expect(seenOnPage(CALLS, isHere, false)).toEqual([]);
});

test('an alarm is on the page of its ward only where its own card is, and is seen, and is of now', () => {
  const alarm: MyCall = { ...call('a'), path: '/scenarios/ward-twin/w#alarm-a' };
  const card = (isSeen: boolean, isPast = false) => ({ checkVisibility: () => isSeen, closest: () => (isPast ? {} : null) }) as unknown as Element;
  const ward = pageOf('/scenarios/ward-twin/w');
  const asked: string[] = [];
  const on = (page: typeof ward, found: Element | null): boolean =>
    isShown(alarm, page, (id) => {
      asked.push(id);
      return found;
    });
  expect(on(ward, card(true))).toBe(true);
  expect(asked).toEqual(['alarm-a']);
  // Another bed is open, or another part of the page; the card is hidden; it is looked back.
  for (const found of [null, card(false), card(true, true)]) expect(on(ward, found)).toBe(false);
  expect(on(pageOf('/'), card(true))).toBe(false);
  // What has no card is taken on the page itself.
  const alert: MyCall = { ...call('b'), kind: 'follow-up', path: '/scenarios/follow-up/c' };
  expect(isShown(alert, pageOf('/scenarios/follow-up/c'), () => null)).toBe(true);
});

/** A page's calls, and what became of them. */
function opened(calls: () => readonly MyCall[] = () => CALLS): { calls: OwnCalls; post: Mock; announce: Mock; get: Mock; see: OwnCalls['see']; end(): void } {
  const [get, post, announce] = [vi.fn(async () => calls()), vi.fn(async () => undefined), vi.fn()];
  const app = { api: { get, post }, onServerEvent: () => undefined, announce, t: (key: string) => key } as unknown as App;
  return createRoot((end) => {
    const own = createOwnCalls(app);
    const owner = getOwner();
    return { calls: own, get, post, announce, see: (seen, isThere) => void runWithOwner(owner, () => own.see(seen, isThere)), end };
  });
}

afterEach(() => void vi.useRealTimers());

test('what is seen is told once, from when it is seen; the next is when the one before it is closed', async () => {
  const { calls, post, see, end } = opened();
  const [reads, setReads] = createSignal(false);
  see((open) => (reads() ? open.slice(0, 1) : []));
  await vi.waitFor(() => expect(idsOf(calls.open())).toEqual(['a', 'b', 'c', 'd', 'e']));
  expect(post).not.toHaveBeenCalled();
  setReads(true);
  setReads(false);
  setReads(true);
  calls.hide('a');
  expect(post.mock.calls).toEqual([['/api/calls/shown', { ids: ['a'] }], ['/api/calls/shown', { ids: ['b'] }]]);
  end();
});

test('what stands on a page that nobody is at is announced, and told only once somebody is', async () => {
  const { calls, post, announce, see, end } = opened();
  const [isThere, setThere] = createSignal(false);
  see((open) => open.slice(0, 1), isThere);
  await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(1));
  expect(post).not.toHaveBeenCalled();
  // Who opens or closes it is there.
  setThere(true);
  setThere(false);
  calls.hide('a');
  expect(post.mock.calls).toEqual([['/api/calls/shown', { ids: ['a'] }]]);
  end();
});

test('what is seen in two places is asked for, announced and told once', async () => {
  const { get, post, announce, see, end } = opened(() => [call('a')]);
  see((open) => open);
  see((open) => open.slice(0, 1));
  await vi.waitFor(() => expect(post).toHaveBeenCalled());
  expect([get, post, announce].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
  end();
});

test('what could not be told is told again after a pause, and announced once', async () => {
  vi.useFakeTimers();
  const { post, announce, see, end } = opened(() => [call('a')]);
  post.mockRejectedValueOnce(new Error('no line'));
  see((open) => open);
  await vi.advanceTimersByTimeAsync(AGAIN_ms - 1);
  expect(post).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1 + 2 * AGAIN_ms);
  expect(post.mock.calls).toEqual([['/api/calls/shown', { ids: ['a'] }], ['/api/calls/shown', { ids: ['a'] }]]);
  expect(announce).toHaveBeenCalledTimes(1);
  end();
});

test('what one person closed is open for whoever signs in after them', async () => {
  const before = opened();
  await vi.waitFor(() => expect(before.calls.open()).toHaveLength(5));
  before.calls.hide('a');
  before.end();
  const after = opened();
  await vi.waitFor(() => expect(after.calls.open()).not.toHaveLength(0));
  expect(idsOf(after.calls.open())).toContain('a');
  after.end();
});

test('hands feel what is new, also behind one that calls already, and what calls as the headset is put on', () => {
  const tick = vi.fn();
  const [open, setOpen] = createSignal([call('a')]);
  const [headset, setHeadset] = createSignal<{ tick(): void }>();
  const end = createRoot((dispose) => (feelCalls(open, headset), dispose));
  expect(tick).not.toHaveBeenCalled();
  setHeadset({ tick });
  expect(tick).toHaveBeenCalledTimes(1);
  setOpen([call('a'), call('b')]);
  expect(tick).toHaveBeenCalledTimes(2);
  setOpen([call('b')]);
  expect(tick).toHaveBeenCalledTimes(2);
  end();
});
