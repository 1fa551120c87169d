/** How faithfully reports come: a bar for each period, and the same as a table. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { colonIn } from '../../../../client/core/language';
import { dayOf } from '../../../../client/core/dates';
import { DataTable } from '../../../../client/panels/DataTable';
import type { Period } from './course';
import type { Part } from './CourseView';
import { onTime } from './shown';

const WIDTH = 300;
const HEIGHT = 28;
/** A period without a report is a low bar: seen, and not mistaken for nothing. */
const LOW = 4;

export function Adherence(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const course = () => props.part.of;
  const step = (): number => WIDTH / Math.max(course().periods.length, 1);
  const height = (period: Period): number => (period.reports > 0 ? HEIGHT : LOW);
  const every = (): string => (course().every_days === 1 ? say('everyDay') : say('everyDays', { n: course().every_days }));
  return (
    <section class="stack" data-periods="">
      <h3>{say('adherence')}</h3>
      <p>
        <strong>{onTime(course().adherence, say)}</strong>
      </p>
      <figure class="follow-plot">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" preserveAspectRatio="none">
          <For each={course().periods}>
            {(period, at) => (
              <rect
                class={period.goes_on && period.reports === 0 ? 'unknown' : period.reports > 0 ? 'counted' : 'short'}
                x={at() * step() + 1}
                width={Math.max(step() - 2, 1)}
                y={HEIGHT - height(period)}
                height={height(period)}
              />
            )}
          </For>
        </svg>
        <figcaption class="soft small">{say('adherencePlot', { days: every() })}</figcaption>
      </figure>
      <Show when={course().periods.length > 0}>
        <details>
          <summary>
            {say('adherence')}{colonIn(app.language())}{say('table')}
          </summary>
          <DataTable
            caption={`${say('adherence')}${colonIn(app.language())}${say('table')}`}
            rows={course().periods.toReversed()}
            columns={[
              { heading: say('periodFrom'), cell: ({ from }) => dayOf(from, app.language()) },
              { heading: say('count'), numeric: true, cell: ({ reports }) => String(reports) },
              { heading: '', cell: ({ goes_on }) => (goes_on ? say('goesOn') : '') },
            ]}
          />
        </details>
      </Show>
    </section>
  );
}
