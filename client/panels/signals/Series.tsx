/** Several series of readings, one at a time, at any zoom. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { SignalRow } from '../../../contract/signals';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { seriesName } from '../../core/signal-names';
import { SignalChart } from './SignalChart';
import { newestFirst, shownOf } from './rows';
import './signals.css';

/** `address` is that of the series, without which one. */
export function Series(props: { rows: readonly SignalRow[]; address: string }): JSX.Element {
  const app = useApp();
  const [chosen, setChosen] = createSignal<string>();
  const sorted = createMemo(() => newestFirst(props.rows));
  const row = createMemo<SignalRow | undefined>((before) => shownOf(sorted(), chosen(), before?.series));
  // By name, so that the list that is being read stays as it is while the same series are there.
  const names = createMemo(() => sorted().map(({ series }) => series), [], {
    equals: (a, b) => a.length === b.length && a.every((one) => b.includes(one)),
  });
  return (
    <Show when={row()}>
      {(shown) => (
        <>
          <label class="row small">
            {app.t('signals.which')}
            <select class="input" onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
              <For each={names()}>
                {(name) => (
                  <Show when={sorted().find(({ series }) => series === name)}>
                    {(one) => (
                      <option value={name} selected={name === shown().series}>
                        {seriesName(one(), app.language())}
                      </option>
                    )}
                  </Show>
                )}
              </For>
            </select>
          </label>
          <p class="soft small">
            {app.t('signals.since', {
              n: shown().count,
              from: momentOf(new Date(shown().first_ms).toISOString(), app.language()),
              to: momentOf(new Date(shown().last.at_ms).toISOString(), app.language()),
            })}
          </p>
          <Show when={shown().series} keyed>
            {(_series) => <SignalChart address={props.address} row={shown()} />}
          </Show>
        </>
      )}
    </Show>
  );
}
