/** Acts found by kind, person and words. What is looked for stays in the page: words for an act are made here too. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { foundActs } from '../../core/replay-control';
import type { ActLine } from '../../core/replay-control';
import { Field } from '../Field';

interface ActSearchProps<T extends ActLine> {
  readonly acts: readonly T[];
  children(found: readonly T[]): JSX.Element;
}

export function ActSearch<T extends ActLine>(props: ActSearchProps<T>): JSX.Element {
  const app = useApp();
  const [kind, setKind] = createSignal('');
  const [name, setName] = createSignal('');
  const [text, setText] = createSignal('');
  const kinds = createMemo(() => [...new Set(props.acts.map((act) => act.kind))]);
  const names = createMemo(() => [...new Set(props.acts.map((act) => act.name))]);
  const found = createMemo(() => foundActs(props.acts, kind(), name(), text()));
  return (
    <>
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
        {props.children(found())}
      </Show>
    </>
  );
}
