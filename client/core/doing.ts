/** Things that a page asks of the server, one at a time. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { App } from './app';

export interface Doing {
  /** Whether something is on its way. */
  readonly busy: Accessor<boolean>;
  /** Does it, unless something else is on its way; a refusal is said. */
  run(work: () => Promise<unknown>): Promise<void>;
}

export function createDoing(app: Pick<App, 'toast' | 'explain'>): Doing {
  const [busy, setBusy] = createSignal(false);
  return {
    busy,
    async run(work) {
      if (busy()) return;
      setBusy(true);
      try {
        await work();
      } catch (error) {
        app.toast(() => app.explain(error));
      } finally {
        setBusy(false);
      }
    },
  };
}
