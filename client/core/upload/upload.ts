/** An upload as a page sees it: its progress as signals, and the ways to hold it. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { FromWorker, ToWorker } from './messages';
import type { UploadProgress } from './session';
import type { Refused } from './stow';
import type { Found } from './walk';

export interface Upload {
  readonly progress: Accessor<UploadProgress>;
  /** Bytes a second over the last moments. */
  readonly rate: Accessor<number | undefined>;
  readonly refused: Accessor<readonly Refused[]>;
  readonly broken: Accessor<boolean>;
  pause(): void;
  resume(): void;
  cancel(): void;
}

const BEGINNING: UploadProgress = {
  state: 'running',
  bytesTotal: 0,
  bytesDone: 0,
  bytesSent: 0,
  stored: 0,
  keptBefore: 0,
  refused: 0,
  files: 0,
  studies: [],
};

/** Begins to send files; `unreadable` are those that the browser could not open. */
export function startUpload(files: readonly Found[], unreadable: readonly string[]): Upload {
  const [progress, setProgress] = createSignal(BEGINNING);
  const [rate, setRate] = createSignal<number>();
  const [refused, setRefused] = createSignal<readonly Refused[]>(
    unreadable.map((path) => ({ path, reason: 'unreadable' })),
  );
  const [broken, setBroken] = createSignal(false);
  const worker = new Worker(new URL('./upload.worker.ts', import.meta.url), { type: 'module' });
  const say = (message: ToWorker): void => worker.postMessage(message, []);

  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if (data.say === 'refused') setRefused((all) => [...all, ...data.refused]);
    else if (data.say === 'broken') setBroken(true);
    else {
      setProgress(data.progress);
      setRate(data.rate);
      if (data.progress.state === 'done' || data.progress.state === 'cancelled') worker.terminate();
    }
  });
  worker.addEventListener('error', () => setBroken(true));
  say({ say: 'start', files });
  return {
    progress,
    rate,
    refused,
    broken,
    pause: () => say({ say: 'pause' }),
    resume: () => say({ say: 'resume' }),
    cancel: () => say({ say: 'cancel' }),
  };
}

/** Seconds that are left at this rate; `undefined` where nobody can tell. */
export function remaining_s(progress: UploadProgress, rate: number | undefined): number | undefined {
  if (rate === undefined || rate <= 0 || progress.state !== 'running') return undefined;
  return Math.max(0, progress.bytesTotal - progress.bytesDone) / rate;
}
