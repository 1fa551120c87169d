/** The lines of the work list as they are read anew: each stays the same line, and only what is new in it changes. */
import { createComputed } from 'solid-js';
import type { Accessor } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import type { Row } from './course';

export function sameLines(read: Accessor<readonly Row[] | undefined>): Accessor<readonly Row[]> {
  const [kept, keep] = createStore<{ lines: readonly Row[] }>({ lines: [] });
  createComputed(() => {
    const fresh = read();
    if (fresh === undefined) return;
    const focused = typeof document === 'undefined' ? null : document.activeElement;
    keep('lines', reconcile(fresh, { key: 'id', merge: true }));
    // A line that goes to another place leaves the document for a moment, and what was focused in it with it.
    if (focused === null) return;
    queueMicrotask(() => {
      const isLost = document.activeElement === document.body;
      if (isLost && focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    });
  });
  return () => kept.lines;
}
