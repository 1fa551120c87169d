/** One question to the server, asked again when asked to, that keeps its last answer meanwhile. */
import { batch, createEffect, createSignal, on, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import { ApiError } from './api';

export interface Query<T> {
  /** The last answer. */
  readonly data: Accessor<T | undefined>;
  /** Why there is no newer answer. */
  readonly error: Accessor<ApiError | undefined>;
  readonly loading: Accessor<boolean>;
  reload(): void;
}

/**
 * Asks a query again some time after news came: once for all that come meanwhile, and never in the place of an answer
 * that is on its way.
 */
export function reloadSoon(query: Pick<Query<unknown>, 'loading' | 'reload'>, wait_ms: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (query.loading()) later();
      else query.reload();
    }, wait_ms);
  };
  onCleanup(() => clearTimeout(timer));
  return later;
}

/** Asks `ask` at once and whenever what it reads changes. */
export function createQuery<T>(ask: Accessor<(signal: AbortSignal) => Promise<T>>): Query<T> {
  const [data, setData] = createSignal<T>();
  const [error, setError] = createSignal<ApiError>();
  const [loading, setLoading] = createSignal(true);
  let running: AbortController | undefined;

  async function run(question: (signal: AbortSignal) => Promise<T>): Promise<void> {
    running?.abort();
    const own = new AbortController();
    running = own;
    setLoading(true);
    try {
      const answer = await question(own.signal);
      if (own.signal.aborted) return;
      batch(() => {
        setData(() => answer);
        setError(undefined);
        setLoading(false);
      });
    } catch (reason) {
      if (own.signal.aborted) return;
      batch(() => {
        setError(reason instanceof ApiError ? reason : new ApiError('failed', 0, '', undefined, undefined));
        setLoading(false);
      });
    }
  }

  createEffect(
    on(ask, (question, before) => {
      // Another question: the old answer would be about something else.
      if (before !== undefined) setData(undefined);
      void run(question);
    }),
  );
  onCleanup(() => running?.abort());
  return { data, error, loading, reload: () => void run(ask()) };
}
