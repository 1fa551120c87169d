/** What was done while the room was recorded, found by kind, person and words; each leads to its moment. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { clockWords, foundActs } from '../../core/replay-control';
import type { ActLine, ReplayControl } from '../../core/replay-control';
import { Field } from '../Field';

export function ActList(props: { acts: readonly ActLine[]; replay: ReplayControl }): JSX.Element {
  const app = useApp();
  const [kind, setKind] = createSignal('');
  const [name, setName] = createSignal('');
  const [text, setText] = createSignal('');
  const kinds = createMemo(() => [...new Set(props.acts.map((act) => act.kind))]);
  const names = createMemo(() => [...new Set(props.acts.map((act) => act.name))]);
  const found = createMemo(() => foundActs(props.acts, kind(), name(), text()));
  // The last act that everybody had seen by now.
  const current = createMemo(() => props.acts.findLast((act) => act.at_ms <= props.replay.at_ms())?.number);
  return (
    <div class="stack">
      <div class="stack tight" role="search">
        <Field label={app.t('replay.search')}>
          {(control) => <input {...control} type="search" class="input" onInput={(event) => setText(event.currentTarget.value)} />}
        </Field>
        <div class="row">
          <Field label={app.t('replay.kind')}>
            {(control) => (
              <select {...control} class="input" onChange={(event) => setKind(event.currentTarget.value)}>
                <option value="">{app.t('replay.all')}</option>
                <For each={kinds()}>{(one) => <option value={one}>{app.t(`replay.kind.${one}`)}</option>}</For>
              </select>
            )}
          </Field>
          <Field label={app.t('replay.person')}>
            {(control) => (
              <select {...control} class="input" onChange={(event) => setName(event.currentTarget.value)}>
                <option value="">{app.t('replay.all')}</option>
                <For each={names()}>{(one) => <option value={one}>{one}</option>}</For>
              </select>
            )}
          </Field>
        </div>
        <p class="soft small" role="status">
          {app.t('replay.found', { count: found().length })}
        </p>
      </div>
      <Show when={found().length > 0} fallback={<p class="soft">{app.t('replay.noneFound')}</p>}>
        <ol class="replay-acts">
          <For each={found()}>
            {(act) => (
              <li>
                <button
                  type="button"
                  class="button quiet small"
                  aria-current={act.number === current() ? 'step' : undefined}
                  data-act={act.number}
                  onClick={() => props.replay.show(act)}
                >
                  <span class="number">{clockWords(act.at_ms)}</span> {act.words}
                </button>
              </li>
            )}
          </For>
        </ol>
      </Show>
    </div>
  );
}
