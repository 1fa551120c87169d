/** The volume of one series: asks until the server has made it, then loads it coarse to fine. */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import { ApiError, errorOf } from './api';
import { parseManifest } from './volume/manifest';
import type { VolumeManifest } from './volume/manifest';
import { VolumeStore } from './volume/store';

/** How far the volume is. */
export type VolumeStep =
  | { readonly step: 'asking' }
  | { readonly step: 'made'; readonly done: number | undefined }
  | { readonly step: 'coarse'; readonly done: number }
  | { readonly step: 'fine' }
  | { readonly step: 'failed'; readonly error: unknown };

export interface SeriesVolume {
  readonly store: Accessor<VolumeStore | undefined>;
  readonly step: Accessor<VolumeStep>;
  /** What is known of the volume now: surfaces and lesions may come later. */
  readonly manifest: Accessor<VolumeManifest | undefined>;
  retry(): void;
  /** Surfaces or lesions may have come: asks before long, once for all that is told until then. */
  renew(): void;
}

const ASK_AGAIN_ms = 700;
/** Images arrive one by one, and each is told. */
const RENEW_ms = 1_000;

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ASK_AGAIN_ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()));
  });
}

function addressOf(series: string): string {
  return `/api/series/${encodeURIComponent(series)}/volume`;
}

/** What the server says of a volume, once it has made it; `onMade` hears how far it is, from 0 to 1. */
export async function manifestOf(series: string, signal: AbortSignal, onMade: (done: number | undefined) => void = () => undefined): Promise<unknown> {
  while (!signal.aborted) {
    const response = await fetch(addressOf(series), { signal, credentials: 'same-origin' }).catch(() => {
      throw new ApiError('unreachable', 0, '', undefined, undefined);
    });
    if (response.status !== 202) return await answerOf(response);
    const progress: unknown = await response.json().catch(() => undefined);
    const done: unknown = typeof progress === 'object' && progress !== null ? Reflect.get(progress, 'progress') : undefined;
    onMade(typeof done === 'number' ? done : undefined);
    await pause(signal);
  }
  return undefined;
}

/** Loads while the caller lives. */
export function createSeriesVolume(series: string): SeriesVolume {
  const [store, setStore] = createSignal<VolumeStore>();
  const [known, setKnown] = createSignal<VolumeManifest>();
  const [step, setStep] = createSignal<VolumeStep>({ step: 'asking' });
  const stop = new AbortController();
  const baseUrl = addressOf(series);
  let renewing: ReturnType<typeof setTimeout> | undefined;

  async function load(): Promise<void> {
    setStep({ step: 'asking' });
    try {
      const made = store() ?? new VolumeStore(parseManifest(await manifestOf(series, stop.signal, (done) => setStep({ step: 'made', done }))), { baseUrl });
      setStep({ step: 'coarse', done: 0 });
      if (!store()) {
        made.events.on('progress', (now) => setStep({ step: 'coarse', done: now.bytes / Math.max(1, now.bytesTotal) }));
        made.events.on('ready', () => setStep({ step: 'fine' }));
        made.events.on('structures', (newer) => setKnown(newer));
        setKnown(made.manifest);
        setStore(made);
        await made.load();
      } else {
        await made.retry();
      }
      if (made.state === 'incomplete') throw new ApiError('failed', 0, '', undefined, undefined);
    } catch (error) {
      if (!stop.signal.aborted) setStep({ step: 'failed', error });
    }
  }

  async function look(): Promise<void> {
    renewing = undefined;
    const made = store();
    if (!made) return;
    try {
      const response = await fetch(baseUrl, { signal: stop.signal, credentials: 'same-origin' });
      // A volume that is being made anew is not waited for: what is shown stays true of its images.
      if (response.status === 200) made.adopt(parseManifest(await response.json()));
    } catch {
      // The next event asks again.
    }
  }

  void load();
  onCleanup(() => {
    clearTimeout(renewing);
    stop.abort();
    store()?.cancel();
  });
  return {
    store,
    step,
    manifest: known,
    retry: () => void load(),
    renew() {
      renewing ??= setTimeout(() => void look(), RENEW_ms);
    },
  };
}

async function answerOf(response: Response): Promise<unknown> {
  if (response.ok) return await response.json();

  throw await errorOf(response);
}
