/** How people's, the machine's and the joint decisions compare with each other and with what came of the cases. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { inLanguage } from '../../core/language';
import { percent, percents } from '../../core/quality';
import type { Figures } from '../../core/quality';
import { createQuery } from '../../core/query';
import { Answer } from '../Answer';
import { DataTable } from '../DataTable';
import { Plot } from './Plot';

const SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1].map((at) => ({ at, text: `${Math.round(at * 100)} %` }));
const two = (value: number): string => value.toFixed(2);
/** So many with and without the event it takes to judge a model: Collins 2016. */
const ENOUGH = 100;

export function Decisions(): JSX.Element {
  const app = useApp();
  const figures = createQuery<Figures>(() => (signal) => app.api.get('/api/scenarios/remote-consult/figures', { signal }));
  app.onServerEvent(({ kind }) => {
    if (kind === 'case' || kind === 'missed') figures.reload();
  });
  return (
    <Answer of={figures} lines={8}>
      {(answer) => (
        <div class="stack" data-figures="">
          <p>
            {app.t('quality.known', { signed: answer().signed, benign: answer().benign, malignant: answer().malignant, unknown: answer().unknown })}
          </p>
          <Show when={Math.min(answer().benign, answer().malignant) < ENOUGH}>
            <p class="small soft">{app.t('quality.few', { n: ENOUGH })}</p>
          </Show>
          <p class="small soft" data-setting="">
            {app.t('quality.settings', { least: answer().least, from: answer().months[0], to: answer().months[1] })}{' '}
            <Show when={answer().settings_need_confirmation}>
              <span class="chip warn">{app.t('quality.confirm')}</span>
            </Show>
          </p>
          <h2>{app.t('quality.calibration')}</h2>
          <p class="small">{app.t('quality.calibrationWords')}</p>
          <div class="quality-charts">
            <For each={answer().calibration}>{(one) => <Calibrated of={one} least={answer().least} />}</For>
          </div>
          <h2>{app.t('quality.agreement')}</h2>
          <p class="small">{app.t('quality.agreementWords')}</p>
          <Agreements of={answer()} />
          <h2>{app.t('quality.outcomes')}</h2>
          <Outcomes of={answer()} />
        </div>
      )}
    </Answer>
  );
}

function Calibrated(props: { of: Figures['calibration'][number]; least: number }): JSX.Element {
  const app = useApp();
  const title = (): string => inLanguage(props.of.title, app.language());
  return (
    <figure class="quality-chart" data-calibration={props.of.source}>
      <figcaption>
        <h3>{title()}</h3>
        <p class="small number">{app.t('quality.calibrated', { cases: props.of.cases, events: props.of.events })}</p>
      </figcaption>
      <Show when={props.of.cases > 0} fallback={<p class="soft small">{app.t('quality.noForecast')}</p>}>
        <Plot
          label={app.t('quality.calibrationOf', { name: title() })}
          x={{ label: app.t('quality.forecast'), range: [0, 1], ticks: SHARES }}
          y={{ label: app.t('quality.observed'), range: [0, 1], ticks: SHARES }}
          lines={[{ points: [[0, 0], [1, 1]], dashed: true }]}
          dots={props.of.groups.map(({ forecast, observed, interval }) => ({ x: forecast, y: observed, low: interval.low, high: interval.high }))}
        />
        <DataTable
          caption={app.t('quality.calibrationOf', { name: title() })}
          rows={props.of.groups}
          columns={[
            { heading: app.t('quality.range'), cell: ({ from, until }) => percents(from, until) },
            { heading: app.t('quality.casesHead'), numeric: true, cell: ({ cases }) => cases },
            { heading: app.t('quality.forecast'), numeric: true, cell: ({ forecast }) => percent(forecast) },
            { heading: app.t('quality.observed'), numeric: true, cell: ({ observed }) => percent(observed) },
            { heading: '95 %', numeric: true, cell: ({ interval }) => percents(interval.low, interval.high) },
          ]}
        />
        <p class="small" data-overall="">
          <Show when={props.of.overall} fallback={app.t('quality.notAssessable', { least: props.least })}>
            {(all) =>
              app.t('quality.overall', {
                forecast: percent(all().forecast),
                observed: percent(all().observed),
                interval: percents(all().interval.low, all().interval.high),
                brier: two(all().brier),
              })
            }
          </Show>
        </p>
      </Show>
    </figure>
  );
}

function Agreements(props: { of: Figures }): JSX.Element {
  const app = useApp();
  const name = ([a, b]: Figures['agreement'][number]['between']): string => `${inLanguage(a, app.language())} – ${inLanguage(b, app.language())}`;
  const pairs = (): Figures['agreement'] => props.of.agreement;
  const known = (): Figures['agreement'] => pairs().filter(({ agreement }) => agreement !== null);
  return (
    <>
      <Show when={known().length > 0}>
        <Plot
          label={app.t('quality.agreementPlot')}
          x={{ label: app.t('quality.pair'), range: [0.5, known().length + 0.5], ticks: known().map((_, at) => ({ at: at + 1, text: String(at + 1) })) }}
          y={{ label: app.t('quality.same'), range: [0, 1], ticks: SHARES }}
          lines={[]}
          dots={known().map(({ agreement }, at) => ({
            x: at + 1,
            y: agreement?.share ?? 0,
            low: agreement?.share_interval.low ?? 0,
            high: agreement?.share_interval.high ?? 0,
          }))}
        />
      </Show>
      <DataTable
        caption={app.t('quality.agreement')}
        rows={pairs()}
        columns={[
          { heading: app.t('quality.number'), numeric: true, cell: (pair) => (pair.agreement ? known().indexOf(pair) + 1 : '—') },
          { heading: app.t('quality.pair'), cell: ({ between }) => name(between) },
          { heading: app.t('quality.casesHead'), numeric: true, cell: ({ agreement }) => agreement?.cases ?? 0 },
          { heading: app.t('quality.same'), numeric: true, cell: ({ agreement }) => (agreement ? percent(agreement.share) : '—') },
          {
            heading: '95 %',
            numeric: true,
            cell: ({ agreement }) => (agreement ? percents(agreement.share_interval.low, agreement.share_interval.high) : '—'),
          },
          {
            heading: 'κ (95 %)',
            numeric: true,
            cell: ({ agreement }) =>
              agreement?.kappa
                ? `${two(agreement.kappa.value)} (${two(agreement.kappa.interval.low)} – ${two(agreement.kappa.interval.high)})`
                : app.t('quality.notAssessable', { least: props.of.least }),
          },
        ]}
      />
    </>
  );
}

function Outcomes(props: { of: Figures }): JSX.Element {
  const app = useApp();
  const rows = (): { name: string; way: string; benign: number; malignant: number }[] =>
    props.of.outcomes.flatMap(({ title, counts }) =>
      counts.map(([way, benign, malignant]) => ({ name: inLanguage(title, app.language()), way, benign, malignant })),
    );
  return (
    <Show when={rows().length > 0} fallback={<p class="soft small">{app.t('quality.noOutcomes')}</p>}>
      <DataTable
        caption={app.t('quality.outcomes')}
        rows={rows()}
        columns={[
          { heading: app.t('quality.decider'), cell: ({ name }) => name },
          { heading: app.t('quality.way'), cell: ({ way }) => app.t(`quality.way.${way}` as 'quality.way.ct') },
          { heading: app.t('quality.benign'), numeric: true, cell: ({ benign }) => benign },
          { heading: app.t('quality.malignant'), numeric: true, cell: ({ malignant }) => malignant },
        ]}
      />
    </Show>
  );
}
