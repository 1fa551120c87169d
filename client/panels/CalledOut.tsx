/** Who was called by an alarm, an alert or an errand beside the pages that are open, and what became of it. */
import { For, Show, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { momentOf } from '../core/dates';
import { colonIn } from '../core/language';
import { createQuery } from '../core/query';
import type { NamedCall } from '../core/reach';
import { stateWords } from './call-words';

const AGAIN_ms = 5_000;

export function CalledOut(props: { about: string }): JSX.Element {
  const app = useApp();
  const calls = createQuery<readonly NamedCall[]>(
    () => (signal) => app.api.get(`/api/calls/about/${encodeURIComponent(props.about)}`, { signal }),
  );
  const timer = setInterval(() => calls.reload(), AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  return (
    <Show when={(calls.data() ?? []).length > 0}>
      <div class="small" data-called>
        <h4>{app.t('reach.called')}</h4>
        <ul>
          <For each={calls.data()}>
            {(call) => (
              <li data-state={call.state}>
                {momentOf(call.at, app.language())} {call.name}{colonIn(app.language())}{stateWords(app, call)}
              </li>
            )}
          </For>
        </ul>
      </div>
    </Show>
  );
}
