/** What calls whoever is signed in, wherever it is shown: on the page, or on the panel inside a headset. That it was shown
    to somebody who is there is told to the server: then no message goes out for it. */
import { createContext, createEffect, createSignal, onCleanup, useContext } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { App } from '../core/app';
import { createQuery } from '../core/query';
import type { MyCall } from '../core/reach';
import { pageOf } from '../core/router';
import type { Page } from '../core/router';
import { kindWords } from './call-words';

/** A page draws no more than these. */
const MOST = 3;
/** What could not be told to the server is told again after so long. */
export const AGAIN_ms = 10_000;
/** What a page draws anew is looked at so long after. */
const SOON_ms = 200;

export interface OwnCalls {
  /** Those that were not closed, here or inside the headset. */
  readonly open: Accessor<readonly MyCall[]>;
  hide(id: string): void;
  /** While the caller lives, what `seen` finds to be seen is announced, and told to the server while somebody `isThere`,
      each once. */
  see(seen: (open: readonly MyCall[]) => readonly MyCall[], isThere?: Accessor<boolean>): void;
}

/** All that show calls show the same ones. */
export const OwnCallsContext = createContext<OwnCalls>();

export function useOwnCalls(): OwnCalls {
  const calls = useContext(OwnCallsContext);
  if (!calls) throw new Error('nobody is signed in here');
  return calls;
}

/** A part of the page, as the browser has it. */
type Part = Pick<Element, 'checkVisibility' | 'closest'>;

/**
 * Whether what calls is before the eyes on the page that is open: what has a card of its own there by that card, which
 * may be hidden, not drawn, or of a past that is looked back to; all else by the page where it is taken.
 */
export function isShown(call: MyCall, page: Page, find: (id: string) => Part | null): boolean {
  const { pathname, hash } = new URL(call.path, 'http://here');
  if (JSON.stringify(pageOf(pathname)) !== JSON.stringify(page)) return false;
  if (hash === '') return true;
  const card = find(hash.slice(1));
  return card !== null && card.checkVisibility() && card.closest('[data-past]') === null;
}

/** Changes some time after what the page has in it changed, while `follows`. */
export function createChanges(follows: Accessor<boolean>): Accessor<unknown> {
  const [changed, setChanged] = createSignal({});
  createEffect(() => {
    if (!follows()) return;
    let soon: ReturnType<typeof setTimeout> | undefined;
    const watch = new MutationObserver(() => {
      soon ??= setTimeout(() => {
        soon = undefined;
        setChanged({});
      }, SOON_ms);
    });
    watch.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['hidden', 'data-past', 'open'] });
    onCleanup(() => {
      clearTimeout(soon);
      watch.disconnect();
    });
  });
  return changed;
}

/** Those that a page draws; the page where one is taken shows it itself. */
export function drawnOnPage(open: readonly MyCall[], isHere: (call: MyCall) => boolean): readonly MyCall[] {
  return open.filter((call) => !isHere(call)).slice(0, MOST);
}

/** Those that are seen on a page: none while nobody looks at it, as at a page in a frame that is drawn for a board. */
export function seenOnPage(open: readonly MyCall[], isHere: (call: MyCall) => boolean, looks: boolean): readonly MyCall[] {
  return looks ? [...open.filter(isHere), ...drawnOnPage(open, isHere)] : [];
}

/** Hands feel that something new calls while a headset is worn, and what already did as it was put on. */
export function feelCalls(open: Accessor<readonly MyCall[]>, headset: Accessor<{ tick(): void } | undefined>): void {
  let felt: ReadonlySet<string> = new Set();
  createEffect(() => {
    const [worn, ids] = [headset(), open().map(({ id }) => id)];
    if (worn && ids.some((id) => !felt.has(id))) worn.tick();
    felt = new Set(worn ? ids : []);
  });
}

/** Follows what calls while the caller lives: as long as the same person is signed in. */
export function createOwnCalls(app: Pick<App, 'api' | 'onServerEvent' | 'announce' | 't'>): OwnCalls {
  const calls = createQuery<readonly MyCall[]>(() => (signal) => app.api.get('/api/calls', { signal }));
  app.onServerEvent(({ kind }) => {
    if (kind === 'call' || kind === 'missed') calls.reload();
  });
  const [hidden, setHidden] = createSignal<ReadonlySet<string>>(new Set());
  const open = (): readonly MyCall[] => (calls.data() ?? []).filter(({ id }) => !hidden().has(id));

  const [announced, told] = [new Set<string>(), new Set<string>()];
  const [untold, setUntold] = createSignal({});
  let again: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(again));

  function announce(seen: readonly MyCall[]): void {
    const first = seen.find(({ id }) => !announced.has(id));
    for (const { id } of seen) announced.add(id);
    if (first) app.announce(kindWords(app, first.kind));
  }

  async function tell(fresh: readonly MyCall[]): Promise<void> {
    if (fresh.length === 0) return;
    const ids = fresh.map(({ id }) => id);
    for (const id of ids) told.add(id);
    try {
      await app.api.post('/api/calls/shown', { ids });
    } catch {
      for (const id of ids) told.delete(id);
      clearTimeout(again);
      again = setTimeout(() => setUntold({}), AGAIN_ms);
    }
  }

  return {
    open,
    hide: (id) => void setHidden((all) => new Set([...all, id])),
    see(seen, isThere = () => true) {
      createEffect(() => {
        untold();
        const now = seen(open());
        announce(now);
        if (isThere()) void tell(now.filter(({ id }) => !told.has(id)));
      });
    },
  };
}
