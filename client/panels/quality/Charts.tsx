/** Each site's charts: shares (p), counts (u) and summed departures (CUSUM), each with its table and in words. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Chart, Sum } from '../../../contract/decision';
import { useApp } from '../../core/app';
import { colonIn, inLanguage } from '../../core/language';
import { percent, percents } from '../../core/quality';
import type { Quality, SiteCharts } from '../../core/quality';
import { DataTable } from '../DataTable';
import type { Column } from '../DataTable';
import { EmptyState } from '../EmptyState';
import { Plot, ticksTo } from './Plot';

const one = (value: number): string => value.toFixed(1);
const two = (value: number): string => value.toFixed(2);

export function Charts(props: { of: Quality }): JSX.Element {
  const app = useApp();
  return (
    <Show
      when={props.of.sites.length > 0}
      fallback={<EmptyState icon="info" title={app.t('quality.noCases')} hint={app.t('quality.noCasesHint')} />}
    >
      <div class="stack">
        <For each={props.of.sites}>{(site) => <Site of={site} all={props.of} />}</For>
      </div>
    </Show>
  );
}

function Site(props: { of: SiteCharts; all: Quality }): JSX.Element {
  const app = useApp();
  const title = (): string => inLanguage(props.of.title, app.language());
  return (
    <section class="panel" data-site={props.of.id} aria-label={title()}>
      <header>
        <h2>{title()}</h2>
        <span class="chip number">{app.t('quality.cases', { n: props.of.cases })}</span>
      </header>
      <div class="panel-body quality-charts">
        <Show when={props.of.shares}>
          {(chart) => (
            <Limits chart={chart()} whole={props.all.whole} name={app.t('quality.p')} words={app.t('quality.pWords', { centre: percent(chart().centre) })} write={percent} between={percents} most={1} />
          )}
        </Show>
        <Show when={props.of.counts}>
          {(chart) => (
            <Limits
              chart={chart()}
              whole={props.all.whole}
              name={app.t('quality.u')}
              words={app.t('quality.uWords', { centre: two(chart().centre) })}
              write={one}
              between={(low, high) => `${two(low)}–${two(high)}`}
              most={Math.max(1, ...chart().points.map(({ high, value }) => Math.max(high, value)))}
            />
          )}
        </Show>
        <Show when={props.of.sums} fallback={<p class="soft small">{app.t('quality.noSums')}</p>}>
          {(sums) => <Sums of={sums()} all={props.all} target={props.of.target ?? 0} />}
        </Show>
      </div>
    </section>
  );
}

/** So many rows stand open beside a chart; more are opened by who wants them. */
const OPEN_ROWS = 12;

/** The table that says the same as a chart. */
function Same<Row>(props: { caption: string; rows: readonly Row[]; columns: readonly Column<Row>[] }): JSX.Element {
  const app = useApp();
  return (
    <details open={props.rows.length <= OPEN_ROWS}>
      <summary class="small">{app.t('time.table')}</summary>
      <DataTable caption={props.caption} rows={props.rows} columns={props.columns} />
    </details>
  );
}

interface LimitsProps {
  readonly chart: Chart;
  readonly whole: number;
  readonly name: string;
  readonly words: string;
  readonly most: number;
  write(value: number): string;
  between(low: number, high: number): string;
}

function Limits(props: LimitsProps): JSX.Element {
  const app = useApp();
  const points = (): Chart['points'] => props.chart.points;
  return (
    <figure class="quality-chart">
      <figcaption>
        <h3>{props.name}</h3>
        <p class="small">{props.words}</p>
        <Show when={points().length < props.whole}>
          <p class="small soft">{app.t('quality.trial', { n: points().length, whole: props.whole })}</p>
        </Show>
      </figcaption>
      <Plot
        label={`${props.name}${colonIn(app.language())}${props.words}`}
        x={{
          label: app.t('quality.month'),
          range: [-0.5, points().length - 0.5],
          ticks: points().map(({ period }, at) => ({ at, text: period })),
        }}
        y={{ label: app.t('quality.value'), range: [0, props.most], ticks: ticksTo(props.most, props.write) }}
        lines={[
          { points: [[-0.5, props.chart.centre], [points().length - 0.5, props.chart.centre]] },
          { points: points().flatMap(({ high }, at) => [[at - 0.5, high], [at + 0.5, high]] as [number, number][]), dashed: true },
          { points: points().flatMap(({ low }, at) => [[at - 0.5, low], [at + 0.5, low]] as [number, number][]), dashed: true },
        ]}
        dots={points().map(({ value, is_outside }, at) => ({ x: at, y: value, stands_out: is_outside }))}
      />
      <Same
        caption={props.name}
        rows={points()}
        columns={[
          { heading: app.t('quality.month'), cell: ({ period }) => period },
          { heading: app.t('quality.casesHead'), numeric: true, cell: ({ cases }) => cases },
          { heading: app.t('quality.found'), numeric: true, cell: ({ found }) => found },
          { heading: app.t('quality.value'), numeric: true, cell: ({ value }) => props.write(value) },
          { heading: app.t('quality.limits'), numeric: true, cell: ({ low, high }) => props.between(low, high) },
          { heading: app.t('quality.where'), cell: ({ is_outside }) => app.t(is_outside ? 'quality.outside' : 'quality.inside') },
        ]}
      />
    </figure>
  );
}

/** The ticks upwards, and the same downwards: a sum of departures has no sign, only a direction. */
function bothWays(ticks: readonly { at: number; text: string }[]): { at: number; text: string }[] {
  return [...ticks, ...ticks.filter(({ at }) => at > 0).map(({ at, text }) => ({ at: -at, text }))];
}

function Sums(props: { of: readonly Sum[]; all: Quality; target: number }): JSX.Element {
  const app = useApp();
  const most = (): number => Math.max(props.all.decision + 1, ...props.of.map(({ above, below }) => Math.max(above, below)));
  const words = (): string => app.t('quality.cWords', { target: percent(props.target), k: props.all.allowance, h: props.all.decision });
  return (
    <figure class="quality-chart">
      <figcaption>
        <h3>{app.t('quality.c')}</h3>
        <p class="small">{words()}</p>
      </figcaption>
      <Plot
        label={`${app.t('quality.c')}${colonIn(app.language())}${words()}`}
        x={{
          label: app.t('quality.month'),
          range: [-0.5, props.of.length - 0.5],
          ticks: props.of.map(({ period }, at) => ({ at, text: period })),
        }}
        y={{ label: app.t('quality.errors'), range: [-most(), most()], ticks: bothWays(ticksTo(most(), (value) => String(value))) }}
        lines={[
          ...[props.all.decision, -props.all.decision].map((at) => ({ points: [[-0.5, at], [props.of.length - 0.5, at]] as [number, number][], dashed: true })),
          { points: props.of.map(({ above }, at) => [at, above] as const) },
          { points: props.of.map(({ below }, at) => [at, -below] as const) },
        ]}
        dots={props.of.flatMap(({ above, below, is_signal }, at) => [
          { x: at, y: above, stands_out: is_signal && above > props.all.decision },
          { x: at, y: -below, stands_out: is_signal && below > props.all.decision },
        ])}
      />
      <Same
        caption={app.t('quality.c')}
        rows={props.of}
        columns={[
          { heading: app.t('quality.month'), cell: ({ period }) => period },
          { heading: app.t('quality.casesHead'), numeric: true, cell: ({ cases }) => cases },
          { heading: app.t('quality.departure'), numeric: true, cell: ({ departure }) => two(departure) },
          { heading: app.t('quality.above'), numeric: true, cell: ({ above }) => two(above) },
          { heading: app.t('quality.below'), numeric: true, cell: ({ below }) => two(below) },
          { heading: app.t('quality.where'), cell: ({ is_signal }) => app.t(is_signal ? 'quality.signal' : 'quality.inside') },
        ]}
      />
    </figure>
  );
}
