/** What calls the person who is signed in, on whatever page they are. That it was seen is told to the server: then no
    message goes out for it. */
import { For, Show, createEffect, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { createQuery } from '../core/query';
import type { MyCall } from '../core/reach';
import { Link, page, pageOf } from '../core/router';
import { kindWords } from './call-words';
import { Icon } from './Icon';

export function CallsBanner(): JSX.Element {
  const app = useApp();
  const calls = createQuery<readonly MyCall[]>(() => (signal) => app.api.get('/api/calls', { signal }));
  app.onServerEvent(({ kind }) => {
    if (kind === 'call' || kind === 'missed') calls.reload();
  });
  const [hidden, setHidden] = createSignal<ReadonlySet<string>>(new Set());
  /** The page where it is taken shows it itself. */
  const isHere = (call: MyCall): boolean =>
    JSON.stringify(pageOf(new URL(call.path, location.origin).pathname)) === JSON.stringify(page());
  const visible = (): readonly MyCall[] => (calls.data() ?? []).filter((call) => !hidden().has(call.id) && !isHere(call));

  const told = new Set<string>();
  async function tell(): Promise<void> {
    const fresh = (calls.data() ?? []).filter(({ id }) => !told.has(id));
    const [first] = fresh;
    // Who looks elsewhere has not seen it.
    if (!first || document.visibilityState !== 'visible') return;
    const ids = fresh.map(({ id }) => id);
    for (const id of ids) told.add(id);
    app.announce(kindWords(app, first.kind));
    try {
      await app.api.post('/api/calls/shown', { ids });
    } catch {
      for (const id of ids) told.delete(id);
    }
  }
  createEffect(() => void tell());
  const seen = (): void => void tell();
  document.addEventListener('visibilitychange', seen);
  onCleanup(() => document.removeEventListener('visibilitychange', seen));

  return (
    <Show when={visible().length > 0}>
      <ul class="calls" aria-label={app.t('reach.calls')}>
        <For each={visible().slice(0, 3)}>
          {(call) => (
            <li class="notice warn" data-call={call.kind}>
              <Icon name="alert" />
              <span>{kindWords(app, call.kind)}</span>
              <Link href={call.path} class="button small primary">
                {app.t('reach.open')}
              </Link>
              <button
                type="button"
                class="button quiet small"
                aria-label={app.t('app.close')}
                onClick={() => setHidden((all) => new Set([...all, call.id]))}
              >
                <Icon name="close" size={16} />
              </button>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}
