/** Several series of readings, one at a time, at any zoom. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { SignalRow } from '../../../contract/signals';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { seriesName } from '../../core/signal-names';
import { SignalChart } from './SignalChart';
import { newestFirst } from './span';
import './signals.css';

/** `address` is that of the series, without which one. */
export function Series(props: { rows: readonly SignalRow[]; address: string }): JSX.Element {
  const app = useApp();
  const [chosen, setChosen] = createSignal<string>();
  // Who looks asks what is measured now.
  const sorted = createMemo(() => newestFirst(props.rows));
  const row = createMemo(() => sorted().find(({ series }) => series === chosen()) ?? sorted()[0], undefined, {
    equals: (a, b) => a?.series === b?.series,
  });
  return (
    <Show when={row()}>
      {(shown) => (
        <>
          <label class="row small">
            {app.t('signals.which')}
            <select class="input" onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
              <For each={sorted()}>
                {(one) => (
                  <option value={one.series} selected={one.series === shown().series}>
                    {seriesName(one, app.language())}
                  </option>
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
