/** What calls whoever is signed in, wherever it is shown: on the page, or on the panel inside a headset. That it was seen
    is told to the server: then no message goes out for it. */
import { createEffect, createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { App } from '../core/app';
import { createQuery } from '../core/query';
import type { MyCall } from '../core/reach';
import { kindWords } from './call-words';

/** A page draws no more than these. */
const MOST = 3;

const [hidden, setHidden] = createSignal<ReadonlySet<string>>(new Set());
const [worn, setWorn] = createSignal(false);

/** Whether a headset is worn before this page: what is on the page is not seen meanwhile. */
export const wearsHeadset = worn;
export const setWearsHeadset = setWorn;

export interface OwnCalls {
  /** Those that were not closed, here or inside the headset. */
  readonly open: Accessor<readonly MyCall[]>;
  hide(id: string): void;
}

/** Those that a page draws; the page where one is taken shows it itself. */
export function drawnOnPage(open: readonly MyCall[], isHere: (call: MyCall) => boolean): readonly MyCall[] {
  return open.filter((call) => !isHere(call)).slice(0, MOST);
}

/** Those that are seen on a page: none while nobody looks at it, as at a page in a frame that is drawn for a board. */
export function seenOnPage(open: readonly MyCall[], isHere: (call: MyCall) => boolean, looks: boolean): readonly MyCall[] {
  return looks ? [...open.filter(isHere), ...drawnOnPage(open, isHere)] : [];
}

/** Follows what calls while the caller lives, and tells the server what `seen` finds to be seen. */
export function createOwnCalls(app: Pick<App, 'api' | 'onServerEvent' | 'announce' | 't'>, seen: (open: readonly MyCall[]) => readonly MyCall[]): OwnCalls {
  const calls = createQuery<readonly MyCall[]>(() => (signal) => app.api.get('/api/calls', { signal }));
  app.onServerEvent(({ kind }) => {
    if (kind === 'call' || kind === 'missed') calls.reload();
  });
  const open = (): readonly MyCall[] => (calls.data() ?? []).filter(({ id }) => !hidden().has(id));

  const told = new Set<string>();
  async function tell(fresh: readonly MyCall[]): Promise<void> {
    const [first] = fresh;
    if (!first) return;
    const ids = fresh.map(({ id }) => id);
    for (const id of ids) told.add(id);
    app.announce(kindWords(app, first.kind));
    try {
      await app.api.post('/api/calls/shown', { ids });
    } catch {
      for (const id of ids) told.delete(id);
    }
  }
  createEffect(() => void tell(seen(open()).filter(({ id }) => !told.has(id))));

  return { open, hide: (id) => void setHidden((all) => new Set([...all, id])) };
}
