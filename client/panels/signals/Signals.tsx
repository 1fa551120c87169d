/** Everything that devices measured of a patient: one series at a time, at any zoom. */
import { For, Show, createMemo, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import type { SignalRow } from '../../../contract/signals';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { createQuery, reloadSoon } from '../../core/query';
import { seriesName } from '../../core/signal-names';
import { Answer } from '../Answer';
import { EmptyState } from '../EmptyState';
import { SignalChart } from './SignalChart';
import { newestFirst, shownOf } from './rows';
import './signals.css';

/** What is written comes in bursts; what devices measure is told to nobody, and asked for. */
const [SOON_ms, AGAIN_ms] = [1_000, 10_000];

export function Signals(props: { patient: string }): JSX.Element {
  const app = useApp();
  const rows = createQuery<SignalRow[]>(() => {
    const address = `/api/patients/${encodeURIComponent(props.patient)}/signals`;
    return (signal) => app.api.get(address, { signal });
  });
  const soon = reloadSoon(rows, SOON_ms);
  app.onServerEvent(({ kind }) => {
    if (kind === 'record' || kind === 'missed') soon();
  });
  const timer = setInterval(() => {
    if (!rows.loading()) rows.reload();
  }, AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  const [chosen, setChosen] = createSignal<string>();
  const sorted = createMemo(() => newestFirst(rows.data() ?? []));
  const row = createMemo<SignalRow | undefined>((before) => shownOf(sorted(), chosen(), before?.series));
  // By name, so that the list that is being read stays as it is while the same series are there.
  const names = createMemo(() => sorted().map(({ series }) => series), [], {
    equals: (a, b) => a.length === b.length && a.every((one) => b.includes(one)),
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
