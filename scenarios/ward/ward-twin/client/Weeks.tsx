/** Statistics: each ward week by week, drawn and as a table. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOfMoment } from '../../../../client/core/dates';
import { colonIn, inLanguage, nameIn } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { DataTable } from '../../../../client/panels/DataTable';
import { Old } from './Old';
import type { WardWeeks, Week } from './command';
import { sayIn } from './words';
import type { Say } from './words';

const [WIDTH, HEIGHT, BOTTOM, TOP] = [640, 180, 24, 18] as const;
const RULES = 5;

export function Weeks(): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const weeks = createQuery<WardWeeks[]>(() => (signal) => app.api.get('/api/ward-figures/weeks', { signal }));
  return (
    <Answer of={weeks}>{(wards) => <For each={wards()}>{(ward) => <OneWard ward={ward} say={say} />}</For>}</Answer>
  );
}

const dayName = (ms: number, language: 'zh' | 'en'): string => dayOfMoment(new Date(ms).toISOString(), language);

function OneWard(props: { ward: WardWeeks; say: Say }): JSX.Element {
  const app = useApp();
  const rules = (week: Week): string =>
    Object.entries(week.by_rule)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, RULES)
      .map(([rule, n]) => {
        const title = props.ward.rules[rule];
        return `${title ? inLanguage(title, app.language()) : rule} ${n}`;
      })
      .join(' · ') || '–';
  return (
    <section class="weeks" data-weeks={props.ward.id}>
      <h2>
        {props.say('weeksTitle')}{colonIn(app.language())}{nameIn(props.ward.name, app.language())}
      </h2>
      <Old of={props.ward.old} say={props.say} />
      <Plot weeks={props.ward.weeks} say={props.say} />
      <DataTable
        stacks
        caption={props.say('weeksTitle')}
        rows={props.ward.weeks.toReversed()}
        columns={[
          { heading: props.say('weekFrom'), whole: true, cell: ({ from }) => dayName(from, app.language()) },
          { heading: props.say('alarmsOfWeek'), numeric: true, cell: ({ alarms }) => alarms },
          { heading: props.say('bedDays'), numeric: true, cell: ({ bed_days }) => bed_days.toFixed(1) },
          { heading: props.say('perBedDay'), numeric: true, cell: ({ alarms_per_bed_day }) => alarms_per_bed_day?.toFixed(2) ?? '–' },
          {
            heading: props.say('toTake'),
            numeric: true,
            cell: ({ seconds_to_take }) => (seconds_to_take === null ? '–' : `${Math.round(seconds_to_take)} s`),
          },
          { heading: props.say('falseShare'), numeric: true, cell: (week) => `${week.false_or_technical} / ${week.closed}` },
          { heading: props.say('topRules'), cell: rules },
        ]}
      />
    </section>
  );
}

/** A bar for each week; where no bed was occupied there is none, and it is said so. */
function Plot(props: { weeks: readonly Week[]; say: Say }): JSX.Element {
  const app = useApp();
  const most = (): number => Math.max(0.1, ...props.weeks.map(({ alarms_per_bed_day }) => alarms_per_bed_day ?? 0));
  const width = (): number => WIDTH / Math.max(1, props.weeks.length);
  const words = (week: Week): string =>
    `${dayName(week.from, app.language())}${colonIn(app.language())}${week.alarms_per_bed_day?.toFixed(2) ?? props.say('noBedDays')}`;
  return (
    <figure class="weeks-plot">
      <figcaption class="small soft">{props.say('weeksPlot')}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${props.say('weeksPlot')}. ${props.weeks.map(words).join(', ')}`}>
        <For each={props.weeks}>
          {(week, n) => {
            const x = (): number => n() * width();
            const height = (): number => ((week.alarms_per_bed_day ?? 0) / most()) * (HEIGHT - BOTTOM - TOP);
            return (
              <>
                <Show when={week.alarms_per_bed_day !== null}>
                  <rect x={x() + width() * 0.15} width={width() * 0.7} y={HEIGHT - BOTTOM - height()} height={height()} />
                </Show>
                <text x={x() + width() / 2} y={HEIGHT - BOTTOM - height() - 5} text-anchor="middle">
                  {week.alarms_per_bed_day?.toFixed(1) ?? '–'}
                </text>
                <text x={x() + width() / 2} y={HEIGHT - 8} text-anchor="middle">
                  {new Date(week.from).toLocaleDateString(app.language() === 'zh' ? 'zh-CN' : 'en-GB', { month: 'numeric', day: 'numeric' })}
                </text>
              </>
            );
          }}
        </For>
      </svg>
    </figure>
  );
}
