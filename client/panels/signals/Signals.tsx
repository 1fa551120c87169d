/** Everything that devices measured of a patient. */
import { Show, createMemo, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import type { SignalRow } from '../../../contract/signals';
import { useApp } from '../../core/app';
import { createQuery, reloadSoon } from '../../core/query';
import { Answer } from '../Answer';
import { EmptyState } from '../EmptyState';
import { Series } from './Series';

/** What is written comes in bursts; what devices measure is told to nobody, and asked for. */
const [SOON_ms, AGAIN_ms] = [1_000, 10_000];

export function Signals(props: { patient: string }): JSX.Element {
  const app = useApp();
  const address = createMemo(() => `/api/patients/${encodeURIComponent(props.patient)}/signals`);
  const rows = createQuery<SignalRow[]>(() => {
    const asked = address();
    return (signal) => app.api.get(asked, { signal });
  });
  const soon = reloadSoon(rows, SOON_ms);
  app.onServerEvent(({ kind }) => {
    if (kind === 'record' || kind === 'missed') soon();
  });
  const timer = setInterval(() => {
    if (!rows.loading()) rows.reload();
  }, AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  return (
    <section class="panel signals" aria-labelledby="signals-of-patient">
      <header>
        <h2 id="signals-of-patient">{app.t('signals.title')}</h2>
        <span class="chip number">{app.t('signals.series', { n: rows.data()?.length ?? 0 })}</span>
      </header>
      <div class="panel-body">
        <Answer of={rows}>
          {(found) => (
            <Show when={found().length > 0} fallback={<EmptyState icon="ward" title={app.t('signals.none')} hint={app.t('signals.noneHint')} />}>
              <Series rows={found()} address={address()} />
            </Show>
          )}
        </Answer>
      </div>
    </section>
  );
}
