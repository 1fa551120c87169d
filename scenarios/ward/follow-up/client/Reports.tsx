/** Reports as a table, and each number over time as a line with its usual value. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import { Notice } from '../../../../client/panels/Notice';
import type { Question, Report } from './course';
import type { Part } from './CourseView';
import { marksShown, valueShown, worseShown } from './shown';

const WIDTH = 300;
const HEIGHT = 56;
const MARGIN = 3;

export function Reports(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const numbers = () => props.part.of.questions.filter(({ kind }) => kind === 'number');
  return (
    <Show when={props.part.of.reports.length > 0} fallback={<Notice>{say('noReports')}</Notice>}>
      <div class="follow-trends">
        <For each={numbers()}>{(question) => <Trend part={props.part} question={question} />}</For>
      </div>
      <DataTable
        stacks
        caption={`${say('reports')}${colonIn(app.language())}${say('table')}`}
        rows={props.part.of.reports}
        columns={[
          { heading: say('day'), cell: ({ day }) => dayOf(day, app.language()) },
          ...props.part.of.questions.map((question) => ({
            heading: inLanguage(question.label, app.language()),
            numeric: question.kind === 'number',
            cell: ({ answers }: Report) => valueShown(question, answers[question.name], say, app.language()),
          })),
          { heading: say('judged'), cell: ({ worse }) => worseShown(worse, say, app.language()) },
          {
            heading: say('by'),
            cell: ({ by, device }) =>
              device === null
                ? by
                : `${say('byDevice', { device: by })} · ${marksShown(Object.values(device.measured).flatMap(({ marks }) => marks ?? []), say, app.language())}`,
          },
        ]}
      />
    </Show>
  );
}

interface Point {
  readonly day: number;
  readonly value: number;
  readonly isSent: boolean;
}

function Trend(props: { part: Part; question: Question }): JSX.Element {
  const app = useApp();
  const points = createMemo((): Point[] =>
    props.part.of.reports
      .flatMap(({ day, answers, device }) => {
        const value = answers[props.question.name];
        return typeof value === 'number' ? [{ day: Date.parse(day), value, isSent: device !== null }] : [];
      })
      .toReversed(),
  );
  const usual = (): number | undefined => props.part.of.usual[props.question.name];
  const span = createMemo(() => {
    const values = [...points().map(({ value }) => value), ...(usual() === undefined ? [] : [usual() ?? 0])];
    const days = points().map(({ day }) => day);
    return { low: Math.min(...values), high: Math.max(...values), first: Math.min(...days), last: Math.max(...days) };
  });
  const x = (day: number): number =>
    span().last === span().first ? WIDTH / 2 : MARGIN + ((day - span().first) / (span().last - span().first)) * (WIDTH - 2 * MARGIN);
  const y = (value: number): number =>
    span().high === span().low ? HEIGHT / 2 : HEIGHT - MARGIN - ((value - span().low) / (span().high - span().low)) * (HEIGHT - 2 * MARGIN);
  const label = (): string => inLanguage(props.question.label, app.language());
  return (
    <Show when={points().length > 1}>
      <figure class="follow-plot" data-trend={props.question.name}>
        <figcaption class="small">
          {label()}{' '}
          <span class="soft">
            {valueShown(props.question, span().low, props.part.say, app.language())} –{' '}
            {valueShown(props.question, span().high, props.part.say, app.language())}
          </span>
        </figcaption>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.part.say('trend', { label: label() })}>
          <Show when={usual()}>{(value) => <line x1="0" x2={WIDTH} y1={y(value())} y2={y(value())} />}</Show>
          <polyline points={points().map((one) => `${x(one.day)},${y(one.value)}`).join(' ')} />
          <For each={points()}>{(one) => <circle class={one.isSent ? 'sent' : undefined} cx={x(one.day)} cy={y(one.value)} r="2" />}</For>
        </svg>
      </figure>
    </Show>
  );
}
