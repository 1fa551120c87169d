/** Words for those who listen to the page. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';

/** The same words twice are spoken twice only if the region was empty in between. */
const EMPTY_ms = 50;

export interface Announcer {
  /** What the live region holds now. */
  readonly announced: Accessor<string>;
  announce(text: string): void;
}

/** What is said within one moment is said together, the same sentence once: a later one takes no earlier one's place. */
export function createAnnouncer(): Announcer {
  const [announced, setAnnounced] = createSignal('');
  let waiting: string[] = [];
  const announce = (text: string): void => {
    if (waiting.includes(text)) return;
    waiting.push(text);
    if (waiting.length > 1) return;
    setAnnounced('');
    setTimeout(() => {
      setAnnounced(waiting.join(' '));
      waiting = [];
    }, EMPTY_ms);
  };
  return { announced, announce };
}
