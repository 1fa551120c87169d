/** Whether somebody is at this page: one that can be seen may be one that somebody has left signed in. */
import { createSignal, onCleanup, untrack } from 'solid-js';
import type { Accessor } from 'solid-js';

/** What only hands do. */
const DEEDS = ['pointerdown', 'keydown', 'wheel'] as const;
/** Somebody is taken to be there for so long after a deed. */
export const THERE_ms = 2 * 60_000;
/** Deeds are noted no closer than this. */
const APART_ms = 1_000;

/** Follows the hands while the caller lives. Asked anew it knows the time: a computer that slept has no timers to trust. */
export function createAttended(target: EventTarget): Accessor<boolean> {
  const [last, setLast] = createSignal(-Infinity);
  const note = (): void => {
    const now = Date.now();
    if (now - untrack(last) >= APART_ms) setLast(now);
  };
  for (const deed of DEEDS) target.addEventListener(deed, note, { capture: true, passive: true });
  onCleanup(() => {
    for (const deed of DEEDS) target.removeEventListener(deed, note, { capture: true });
  });
  return () => Date.now() - last() < THERE_ms;
}
