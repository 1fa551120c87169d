/** What is said in words in a room: all of it for those who read along, the last of it for the stage. */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';

/** Words for those who read along. */
export interface Caption {
  readonly key: number;
  readonly name: string;
  readonly text: string;
  /** Written by a speech service. */
  readonly heard: boolean;
}

export interface Captions {
  readonly captions: Accessor<readonly Caption[]>;
  /** The last ones, for as long as they take to read. */
  readonly lately: Accessor<readonly Caption[]>;
  add(caption: Omit<Caption, 'key'>): void;
}

const KEPT = 50;
const SHOWN_AT_ONCE = 2;
/** On the stage a caption stays for so long, and longer by what there is to read. */
const [SHOWN_ms, READ_ms] = [5_000, 60] as const;

export function createCaptions(): Captions {
  const [captions, setCaptions] = createSignal<readonly Caption[]>([]);
  const [lately, setLately] = createSignal<readonly Caption[]>([]);
  const timers = new Set<ReturnType<typeof setTimeout>>();
  onCleanup(() => timers.forEach(clearTimeout));
  let next = 0;
  return {
    captions,
    lately,
    add: (said) => {
      const caption = { key: next++, ...said };
      setCaptions((all) => [...all, caption].slice(-KEPT));
      setLately((all) => [...all, caption].slice(-SHOWN_AT_ONCE));
      const timer = setTimeout(() => {
        timers.delete(timer);
        setLately((all) => all.filter((one) => one !== caption));
      }, SHOWN_ms + said.text.length * READ_ms);
      timers.add(timer);
    },
  };
}
