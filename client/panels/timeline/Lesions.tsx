/** Lesions over time: plot and table of the same sizes. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { LesionPoint, TrackedLesion } from '../../../contract/timeline';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import { DataTable } from '../DataTable';
import { Segmented } from '../Segmented';
import { LesionPlot } from './LesionPlot';
import type { Sized } from './LesionPlot';
import { OriginCell } from './OriginCell';
import { NO_VALUE } from './scale';

interface LesionsProps {
  readonly lesions: readonly TrackedLesion[];
  readonly line: readonly [number, number];
  readonly day: string;
}

interface Row {
  readonly number: number;
  readonly lesion: TrackedLesion;
  readonly point: LesionPoint;
}

export function Lesions(props: LesionsProps): JSX.Element {
  const app = useApp();
  const [sized, setSized] = createSignal<Sized>('diameter');
  const rows = (): Row[] =>
    props.lesions.flatMap((lesion, index) => lesion.points.map((point) => ({ number: index + 1, lesion, point })));
  const size = (value: number | undefined, digits: number): string =>
    value?.toLocaleString(app.language(), { maximumFractionDigits: digits, minimumFractionDigits: digits }) ??
    NO_VALUE;
  const identity = (lesion: TrackedLesion): string =>
    app.t(lesion.identity.state === 'tracked' ? 'lesions.tracked' : 'lesions.unlinked');
  return (
    <section aria-labelledby="lesions-over-time" class="over-time-part">
      <div class="row over-time-head">
        <h3 id="lesions-over-time">{app.t('lesions.title')}</h3>
        <Show when={props.lesions.length > 0}>
          <Segmented
            label={app.t('lesions.measure')}
            options={[
              { value: 'diameter', label: app.t('lesions.diameter') },
              { value: 'volume', label: app.t('lesions.volume') },
            ]}
            chosen={sized()}
            onChoose={setSized}
          />
        </Show>
      </div>
      <Show when={props.lesions.length > 0} fallback={<p class="soft small">{app.t('lesions.none')}</p>}>
        <LesionPlot lesions={props.lesions} line={props.line} day={props.day} sized={sized()} />
        <DataTable
          caption={app.t('lesions.table')}
          columns={[
            {
              heading: app.t('lesions.lesion'),
              cell: ({ number, lesion }) => (
                <>
                  <strong class="number">{number}</strong> {lesion.label[app.language()]}
                  <div class="soft small">{identity(lesion)}</div>
                </>
              ),
            },
            { heading: app.t('time.day'), cell: ({ point }) => dayOf(point.at, app.language()) },
            { heading: app.t('lesions.mean'), numeric: true, cell: ({ point }) => size(point.mean_diameter_mm, 1) },
            {
              heading: app.t('lesions.axes'),
              numeric: true,
              cell: ({ point }) => `${size(point.long_axis_mm, 1)} × ${size(point.short_axis_mm, 1)}`,
            },
            { heading: app.t('lesions.volumeHead'), numeric: true, cell: ({ point }) => size(point.volume_mm3, 0) },
            {
              heading: app.t('lesions.from'),
              cell: ({ point }) => app.t(point.is_reported ? 'lesions.reported' : 'lesions.onMask'),
            },
            {
              heading: app.t('time.source'),
              cell: ({ point }) => <For each={point.origins}>{(origin) => <OriginCell origin={origin} />}</For>,
            },
          ]}
          rows={rows()}
        />
        <details class="small">
          <summary>{app.t('lesions.method')}</summary>
          <For each={[...new Set(rows().flatMap(({ point }) => methodOf(point, app.language())))]}>
            {(method) => <p class="soft">{method}</p>}
          </For>
          <Show when={props.lesions.some(({ identity: { state } }) => state === 'unlinked')}>
            <p class="soft">{app.t('lesions.unlinkedHint')}</p>
          </Show>
          <p class="soft">{app.t('lesions.notComparable')}</p>
        </details>
      </Show>
    </section>
  );
}

/** How a point was measured: the program's words, and what the report remarks. */
function methodOf(point: LesionPoint, language: 'zh' | 'en'): string[] {
  return [...(point.method ? [point.method[language]] : []), ...point.notes];
}
