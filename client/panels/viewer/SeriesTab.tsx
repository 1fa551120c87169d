/** The series to choose from: a press puts one into the pane that is worked in. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import type { Series, Study } from '../../core/dicom/dicom-web';
import type { ViewerControl } from '../../core/viewer-control';
import { seriesWords } from '../imaging/StudyDetail';
import { DownloadButton } from '../imaging/DownloadButton';
import { Thumbnail } from '../imaging/Thumbnail';

interface SeriesTabProps {
  readonly study: Study;
  readonly series: readonly Series[];
  readonly prior: { readonly study: Study; readonly series: readonly Series[] } | undefined;
  readonly control: ViewerControl;
}

export function SeriesTab(props: SeriesTabProps): JSX.Element {
  const app = useApp();
  return (
    <div class="stack">
      <SeriesOf study={props.study} series={props.series} control={props.control} heading={props.prior ? app.t('viewer.current') : undefined} />
      <Show when={props.prior}>
        {(prior) => <SeriesOf study={prior().study} series={prior().series} control={props.control} heading={app.t('viewer.prior')} />}
      </Show>
      <Show when={props.control.activePane().series} keyed>
        {(series) => (
          <div class="row">
            <DownloadButton study={series.study} series={series.uid} />
          </div>
        )}
      </Show>
    </div>
  );
}

function SeriesOf(props: { study: Study; series: readonly Series[]; control: ViewerControl; heading: string | undefined }): JSX.Element {
  const app = useApp();
  const choose = (series: Series): void => {
    // Planes through one volume make way for the series itself.
    if (props.control.layout() === 'mpr') props.control.setLayout('one');
    void props.control.show(props.control.active(), props.study, series);
  };
  return (
    <section class="stack tight">
      <Show when={props.heading}>
        {(heading) => (
          <h2 class="series-heading">
            {heading()} <span class="soft small">{props.study.date === undefined ? '' : dayOf(props.study.date, app.language())}</span>
          </h2>
        )}
      </Show>
      <ul class="series-choices">
        <For each={props.series}>
          {(series) => (
            <li>
              <button
                type="button"
                class="series-card"
                data-series={series.uid}
                aria-pressed={props.control.activePane().series?.uid === series.uid}
                disabled={series.kind !== 'image'}
                onClick={() => choose(series)}
              >
                <Thumbnail series={series} />
                <span class="series-card-words">
                  <strong>{seriesWords(app, series)}</strong>
                  <span class="soft small">
                    {series.modality ?? '—'} · {app.t('imaging.imageCount', { n: series.images })}
                  </span>
                </span>
              </button>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
