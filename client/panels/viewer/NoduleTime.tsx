/** A nodule over time: a timeline, the table that says the same, and what the rules make of each change. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Growth, Verdict } from '../../../contract/nodule';
import type { FollowedNodule, GrowthBetween, SeenNodule } from '../../../contract/nodules';
import { useApp } from '../../core/app';
import type { App } from '../../core/app';
import { dayOf } from '../../core/dates';
import { asideIn, clausesIn, colonIn } from '../../core/language';
import { DataTable } from '../DataTable';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';
import { Notice } from '../Notice';
import { mm, mm3 } from './NoduleTable';

const SIGNS: Readonly<Record<Verdict['is'], IconName>> = { grew: 'alert', stable: 'check', shrank: 'check', 'too-small-to-call': 'help', 'not-assessable': 'help' };

const dateOf = (app: App, seen: SeenNodule | undefined): string => (seen?.date === undefined ? app.t('nodule.undated') : dayOf(seen.date, app.language()));
const signed = (percent: number): string => `${percent > 0 ? '+' : ''}${Math.round(percent)} %`;

interface NoduleTimeProps {
  readonly nodule: FollowedNodule;
  /** Shows the pictures of one of the studies. */
  onOpen(seen: SeenNodule): void;
}

export function NoduleTime(props: NoduleTimeProps): JSX.Element {
  const app = useApp();
  const seenAs = (sop: string): SeenNodule | undefined => props.nodule.seen.find(({ nodule }) => nodule.source === sop);
  return (
    <section class="stack tight nodule-time" data-tracking={props.nodule.tracking_uid} aria-label={props.nodule.label}>
      <h3>{props.nodule.label}</h3>
      <Show when={props.nodule.growth.at(-1)?.growth}>{(last) => <VerdictLine verdict={last().verdict} />}</Show>
      <Timeline nodule={props.nodule} />
      <DataTable
        caption={app.t('nodule.timeline', { label: props.nodule.label })}
        columns={[
          {
            heading: app.t('nodule.date'),
            cell: (seen) => (
              <button type="button" class="button quiet small" onClick={() => props.onOpen(seen)}>
                {dateOf(app, seen)}
              </button>
            ),
          },
          { heading: app.t('nodule.kind'), cell: (seen) => app.t(`nodule.kind.${seen.nodule.measures.kind}`) },
          { heading: app.t('nodule.mean'), numeric: true, cell: (seen) => mm(seen.nodule.measures.mean_diameter_mm) },
          { heading: app.t('nodule.volume'), numeric: true, cell: (seen) => mm3(seen.nodule.measures.volume_mm3) },
        ]}
        rows={props.nodule.seen}
      />
      <For each={props.nodule.growth}>
        {(between) => <Between between={between} label={props.nodule.label} prior={seenAs(between.prior)} current={seenAs(between.current)} />}
      </For>
    </section>
  );
}

interface BetweenProps {
  readonly between: GrowthBetween;
  readonly label: string;
  readonly prior: SeenNodule | undefined;
  readonly current: SeenNodule | undefined;
}

/** What became of it between two studies. */
function Between(props: BetweenProps): JSX.Element {
  const app = useApp();
  const title = (): string => app.t('nodule.growthOf', { label: props.label, from: dateOf(app, props.prior), to: dateOf(app, props.current) });
  return (
    <section class="stack tight nodule-growth" data-verdict={props.between.growth?.verdict.is ?? 'not-assessable'}>
      <h4>{title()}</h4>
      <Show when={props.between.growth} fallback={<Notice kind="warn">{props.between.why?.[app.language()]}</Notice>}>
        {(growth) => <GrowthTable growth={growth()} title={title()} />}
      </Show>
    </section>
  );
}

function rowsOf(app: App, growth: Growth): readonly (readonly [string, string])[] {
  const { interval, percent } = growth.volume;
  const days = (value: number | undefined): string => (value === undefined ? app.t('nodule.noDoubling') : app.t('nodule.days', { n: Math.round(value) }));
  const between = interval ? app.t('nodule.interval', { from: signed(interval[0]), to: signed(interval[1]) }) : app.t('nodule.noInterval');
  return [
    [app.t('nodule.change'), clausesIn([`${signed(percent)}${asideIn(between, app.language())}`, app.t('nodule.days', { n: Math.round(growth.interval_days) })], app.language())],
    [app.t('nodule.mean'), `${growth.mean_diameter.difference > 0 ? '+' : ''}${mm(growth.mean_diameter.difference)}`],
    [app.t('nodule.mass'), signed(growth.mass.percent)],
    [
      app.t('nodule.vdt'),
      days(growth.vdt_days) + (growth.vdt_interval_days ? asideIn(app.t('nodule.interval', { from: Math.round(growth.vdt_interval_days[0]), to: Math.round(growth.vdt_interval_days[1]) }), app.language()) : ''),
    ],
    [app.t('nodule.mdt'), days(growth.mdt_days)],
  ];
}

function GrowthTable(props: { growth: Growth; title: string }): JSX.Element {
  const app = useApp();
  return (
    <>
      <VerdictLine verdict={props.growth.verdict} />
      <DataTable
        caption={props.title}
        columns={[
          { heading: app.t('nodule.what'), cell: ([name]) => name },
          { heading: app.t('nodule.value'), numeric: true, cell: ([, value]) => value },
        ]}
        rows={rowsOf(app, props.growth)}
      />
      <DataTable
        caption={app.t('nodule.rules')}
        columns={[
          { heading: app.t('nodule.rule'), cell: ({ text }) => text[app.language()] },
          { heading: app.t('nodule.verdict'), cell: ({ verdict }) => <VerdictWords verdict={verdict} /> },
        ]}
        rows={props.growth.rules}
      />
      <For each={props.growth.notices}>{(notice) => <Notice kind="warn">{notice.text[app.language()]}</Notice>}</For>
    </>
  );
}

function VerdictWords(props: { verdict: Verdict }): JSX.Element {
  const app = useApp();
  return (
    <>
      {app.t(`nodule.verdict.${props.verdict.is}`)}
      <Show when={'why' in props.verdict && props.verdict.why}>{(why) => <span class="soft small">{colonIn(app.language())}{why()[app.language()]}</span>}</Show>
    </>
  );
}

function VerdictLine(props: { verdict: Verdict }): JSX.Element {
  const app = useApp();
  return (
    <p class="row nodule-verdict">
      <Icon name={SIGNS[props.verdict.is]} size={18} />
      <span>
        <strong>{app.t('nodule.verdict')}: </strong>
        <VerdictWords verdict={props.verdict} />
      </span>
    </p>
  );
}

const WIDTH = 240;
const HEIGHT = 96;
const EDGE = 12;

/** Volume against time; the line goes from one study to the next, whatever happened between. */
function Timeline(props: { nodule: FollowedNodule }): JSX.Element {
  const app = useApp();
  const points = (): readonly { readonly x: number; readonly y: number; readonly seen: SeenNodule }[] => {
    const dated = props.nodule.seen.filter(({ date }) => date !== undefined);
    const times = dated.map(({ date }) => Date.parse(date ?? ''));
    const [first, last] = [Math.min(...times), Math.max(...times)];
    const most = Math.max(...dated.map(({ nodule }) => nodule.measures.volume_mm3));
    return dated.map((seen, at) => ({
      seen,
      x: EDGE + ((last > first ? ((times[at] ?? first) - first) / (last - first) : 0.5) * (WIDTH - 2 * EDGE)),
      // From nothing upwards: a cut axis would make any change look large.
      y: HEIGHT - (seen.nodule.measures.volume_mm3 / most) * (HEIGHT - EDGE - 12),
    }));
  };
  return (
    <Show when={points().length > 1}>
      <svg class="nodule-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT + 16}`} role="img" aria-label={app.t('nodule.timeline', { label: props.nodule.label })}>
        <line x1="0" y1={HEIGHT} x2={WIDTH} y2={HEIGHT} />
        <polyline points={points().map(({ x, y }) => `${x},${y}`).join(' ')} />
        <For each={points()}>
          {({ x, y, seen }, at) => {
            const anchor = (): 'start' | 'end' | 'middle' => (at() === 0 ? 'start' : at() === points().length - 1 ? 'end' : 'middle');
            const edge = (): number => (anchor() === 'start' ? 2 : anchor() === 'end' ? WIDTH - 2 : x);
            return (
              <>
                <circle cx={x} cy={y} r="3.5" />
                <text x={edge()} y={y - 6} text-anchor={anchor()}>{mm3(seen.nodule.measures.volume_mm3)}</text>
                <text x={edge()} y={HEIGHT + 12} text-anchor={anchor()}>{dateOf(app, seen)}</text>
              </>
            );
          }}
        </For>
      </svg>
    </Show>
  );
}
