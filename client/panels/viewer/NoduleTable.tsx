/** What was measured on a nodule, and how its values are spread: a small plot with its table. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Histogram, NoduleMeasures } from '../../../contract/nodule';
import { useApp } from '../../core/app';
import type { App } from '../../core/app';
import { DataTable } from '../DataTable';
import { Notice } from '../Notice';

/** Numbers as people write them: no more digits than are worth anything. */
export const mm = (value: number): string => `${value.toFixed(1)} mm`;
export const mm3 = (value: number): string => `${value < 100 ? value.toFixed(1) : Math.round(value)} mm³`;
const mg = (value: number): string => `${value < 100 ? value.toFixed(1) : Math.round(value)} mg`;

const RULES = { 'fleischner-2017': 'nodule.rule.fleischner-2017', 'lung-rads-2022': 'nodule.rule.lung-rads-2022' } as const;

function rowsOf(app: App, measures: NoduleMeasures): readonly (readonly [string, string])[] {
  const { solid } = measures;
  const rounded = measures.rounded.map(({ rule, mm: value, digits, text }): [string, string] => [
    rule in RULES ? app.t(RULES[rule as keyof typeof RULES]) : text[app.language()],
    `${value.toFixed(digits)} mm`,
  ]);
  return [
    [app.t('nodule.kind'), app.t(`nodule.kind.${measures.kind}`)],
    [app.t('nodule.axes'), `${measures.long_axis_mm.toFixed(1)} × ${mm(measures.short_axis_mm)}`],
    [app.t('nodule.mean'), `${measures.mean_diameter_mm.toFixed(2)} mm`],
    ...rounded,
    [app.t('nodule.max3d'), mm(measures.max_3d_diameter_mm)],
    [app.t('nodule.volume'), mm3(measures.volume_mm3)],
    [app.t('nodule.mass'), mg(measures.mass_mg)],
    [app.t('nodule.hu'), `${Math.round(measures.mean_hu)} ± ${Math.round(measures.sd_hu)} HU`],
    [app.t('nodule.solidVolume'), solid ? `${mm3(solid.volume_mm3)} (${Math.round(solid.share * 100)} %)` : app.t('nodule.solidNone')],
    [app.t('nodule.solidDiameter'), solid ? mm(solid.mean_diameter_mm) : app.t('nodule.solidNone')],
    [app.t('nodule.slice'), mm(measures.slice_mm)],
  ];
}

export function NoduleTable(props: { measures: NoduleMeasures }): JSX.Element {
  const app = useApp();
  return (
    <div class="stack tight nodule-measures">
      <DataTable
        caption={app.t('nodule.measures')}
        columns={[
          { heading: app.t('nodule.what'), cell: ([name]) => name },
          { heading: app.t('nodule.value'), numeric: true, cell: ([, value]) => value },
        ]}
        rows={rowsOf(app, props.measures)}
      />
      <For each={props.measures.notices}>{(notice) => <Notice kind="warn">{notice.text[app.language()]}</Notice>}</For>
      <HistogramPlot histogram={props.measures.histogram} />
      <details>
        <summary>{app.t('nodule.error')}</summary>
        <p class="small">{props.measures.error[app.language()]}</p>
      </details>
      <details>
        <summary>{app.t('nodule.method')}</summary>
        <p class="small">{props.measures.method[app.language()]}</p>
      </details>
    </div>
  );
}

const WIDTH = 240;
const HEIGHT = 64;
const AXIS = 14;

/** Bars of the histogram; the same numbers stand in the table below it. */
function HistogramPlot(props: { histogram: Histogram }): JSX.Element {
  const app = useApp();
  const counts = (): readonly number[] => props.histogram.counts;
  const most = (): number => Math.max(1, ...counts());
  const start = (bin: number): number => props.histogram.from_hu + bin * props.histogram.width_hu;
  const wide = (): number => WIDTH / Math.max(1, counts().length);
  const words = (): string =>
    app.t('nodule.histogramOf', { from: start(0), to: start(counts().length), peak: start(counts().indexOf(most())) });
  return (
    <Show when={counts().length > 0}>
      <figure class="nodule-plot">
        <figcaption class="small">{app.t('nodule.histogram')}</figcaption>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + AXIS}`} role="img" aria-label={words()}>
          <For each={counts()}>
            {(count, bin) => {
              const height = (): number => (count / most()) * HEIGHT;
              return <rect x={bin() * wide()} y={HEIGHT - height()} width={Math.max(0.5, wide() - 0.5)} height={height()} />;
            }}
          </For>
          <line x1="0" y1={HEIGHT} x2={WIDTH} y2={HEIGHT} />
          <text x="0" y={HEIGHT + AXIS - 3}>{start(0)} HU</text>
          <text x={WIDTH} y={HEIGHT + AXIS - 3} text-anchor="end">{start(counts().length)} HU</text>
        </svg>
        <details>
          <summary>{app.t('nodule.histogramTable')}</summary>
          <DataTable
            caption={app.t('nodule.histogramTable')}
            columns={[
              { heading: app.t('nodule.bin'), numeric: true, cell: ([from]) => from },
              { heading: app.t('nodule.voxels'), numeric: true, cell: ([, count]) => count },
            ]}
            rows={counts().map((count, bin): [number, number] => [start(bin), count])}
          />
        </details>
      </figure>
    </Show>
  );
}
