/** The images of the patient that can stand in the room, one at a time. */
import { For, Show, createResource, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import type { RoomControl } from '../../core/room-control';
import { lyingOf, takeFromShelf } from '../../core/room-shelf';
import { Notice } from '../Notice';
import { Skeleton } from '../Skeleton';

export function ShelfPanel(props: { control: RoomControl; patient: string }): JSX.Element {
  const app = useApp();
  const [busy, setBusy] = createSignal('');
  const [refusal, setRefusal] = createSignal('');
  const [all] = createResource(
    () => props.patient,
    (patient) => lyingOf(app.api, patient),
  );
  const here = (): string | undefined => props.control.hologram()?.state.series;
  const take = async (series: string): Promise<void> => {
    setBusy(series);
    setRefusal('');
    try {
      await takeFromShelf(props.control, series);
    } catch (error) {
      setRefusal(app.explain(error));
    }
    setBusy('');
  };
  return (
    <section class="stack tight" aria-labelledby="shelf-title">
      <h2 class="legend" id="shelf-title">{app.t('shelf.title')}</h2>
      <p class="soft small">{app.t('shelf.hint')}</p>
      <Show when={all.state === 'ready' && all()} fallback={<Show when={all.state === 'errored'} fallback={<Skeleton lines={2} />}><Notice kind="bad">{app.explain(all.error)}</Notice></Show>}>
        {(lying) => (
          <Show when={lying().some(({ series }) => series.uid !== here())} fallback={<p class="soft small">{app.t('shelf.none')}</p>}>
            <ul class="marks shelf" data-shelf>
              <For each={lying()}>
                {({ study, series }) => (
                  <li>
                    <span class="mark-words">
                      <strong>{series.description || app.t('patient.seriesUnnamed')}</strong>
                      <span class="soft small"> {study.modality} · {dayOf(study.date, app.language())} · {app.t('patient.imageCount', { n: series.images })}</span>
                    </span>
                    <Show when={series.uid !== here()} fallback={<span class="chip accent">{app.t('shelf.here')}</span>}>
                      <button type="button" class="button quiet small" data-series={series.uid} disabled={busy() !== ''} onClick={() => void take(series.uid)}>
                        {app.t(busy() === series.uid ? 'shelf.taking' : 'shelf.take')}
                        <span class="for-listeners"> {series.description}</span>
                      </button>
                    </Show>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        )}
      </Show>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
    </section>
  );
}
