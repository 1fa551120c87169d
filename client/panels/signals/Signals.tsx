/** Everything that devices measured of a patient: one series at a time, at any zoom. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { SignalRow } from '../../../contract/signals';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { createQuery } from '../../core/query';
import { seriesName } from '../../core/signal-names';
import { Answer } from '../Answer';
import { EmptyState } from '../EmptyState';
import { SignalChart } from './SignalChart';
import './signals.css';

export function Signals(props: { patient: string }): JSX.Element {
  const app = useApp();
  const rows = createQuery<SignalRow[]>(() => {
    const address = `/api/patients/${encodeURIComponent(props.patient)}/signals`;
    return (signal) => app.api.get(address, { signal });
  });
  const [chosen, setChosen] = createSignal<string>();
  // The newest first: who looks at a patient asks what is measured now.
  const sorted = createMemo(() => (rows.data() ?? []).toSorted((a, b) => b.last.at_ms - a.last.at_ms));
  const row = createMemo(() => sorted().find(({ series }) => series === chosen()) ?? sorted()[0], undefined, {
    equals: (a, b) => a?.series === b?.series,
  });
  return (
    <section class="panel signals" aria-labelledby="signals-of-patient">
      <header>
        <h2 id="signals-of-patient">{app.t('signals.title')}</h2>
        <span class="chip number">{app.t('signals.series', { n: sorted().length })}</span>
      </header>
      <div class="panel-body">
        <Answer of={rows}>
          {() => (
            <Show when={row()} fallback={<EmptyState icon="ward" title={app.t('signals.none')} hint={app.t('signals.noneHint')} />}>
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
                    {(_series) => <SignalChart patient={props.patient} row={shown()} />}
                  </Show>
                </>
              )}
            </Show>
          )}
        </Answer>
      </div>
    </section>
  );
}
