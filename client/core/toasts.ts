/** Short messages that go by themselves: shown to whoever looks, and said to whoever listens. */
import { createSignal, untrack } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Announcer } from './announcer';

const SHOWN_ms = 6_000;
const MOST = 3;

export interface Toast {
  readonly id: number;
  readonly words: () => string;
}

export interface Toasts {
  readonly toasts: Accessor<readonly Toast[]>;
  /** Shows words for a moment, in whichever language is chosen by then, and says them once. */
  toast(words: () => string): void;
  dismiss(id: number): void;
}

export function createToasts(announce: Announcer['announce']): Toasts {
  const [toasts, setToasts] = createSignal<readonly Toast[]>([]);
  let next = 0;
  const dismiss = (id: number): void => void setToasts((all) => all.filter((one) => one.id !== id));
  return {
    toasts,
    dismiss,
    toast(words) {
      const id = next++;
      setToasts((all) => [...all.slice(1 - MOST), { id, words }]);
      setTimeout(() => dismiss(id), SHOWN_ms);
      // Words of another language later are no news: whoever shows a message from an effect is not bound to it.
      announce(untrack(words));
    },
  };
}
