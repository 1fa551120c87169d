/** The stacks of a viewer: each series is read once, listened to while the viewer lives, and let go with it. */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import { dicomJson, seriesPath } from './dicom/dicom-web';
import type { Series } from './dicom/dicom-web';
import { framesOf } from '../viewer/frame';
import { FrameStack } from '../viewer/stack';
import type { Stack } from '../viewer/stack';

export interface Stacks {
  /** The pictures of a series; `undefined` where it has none. */
  of(series: Series): Promise<FrameStack | undefined>;
  listen(stack: Stack): void;
  /** Counts up when pictures come. */
  readonly news: Accessor<number>;
  told(): void;
}

export function createStacks(): Stacks {
  const [news, setNews] = createSignal(0);
  const known = new Map<string, Promise<FrameStack | undefined>>();
  const listening = new Map<Stack, () => void>();
  const told = (): void => void setNews((count) => count + 1);

  onCleanup(() => {
    for (const end of listening.values()) end();
    for (const stack of known.values()) stack.then((one) => one?.dispose()).catch(() => {});
  });
  return {
    of(series) {
      const made =
        known.get(series.uid) ??
        dicomJson(`${seriesPath(series.study, series.uid)}/metadata`).then((metadata) => {
          const frames = framesOf(metadata);
          return frames.length === 0 ? undefined : new FrameStack(series, frames);
        });
      known.set(series.uid, made);
      made.catch(() => known.delete(series.uid));
      return made;
    },
    listen(stack) {
      if (!listening.has(stack)) listening.set(stack, stack.onNews(told));
    },
    news,
    told,
  };
}
