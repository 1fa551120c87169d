/** Nights of therapy as bars, and the same as a table: use, events, leak, desaturations. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { clausesIn, colonIn, inLanguage } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import type { Night, Nights } from './course';
import { EventsOf } from './NightEvents';
import { barOf } from './nights';
import { figure } from './shown';
import type { Say } from './words';

const WIDTH = 300;
const HEIGHT = 72;
/** The hours that a bar of full height stands for. */
const FULL_H = 12;

export function NightsOf(props: { course: string; nights: Nights; say: Say; own?: boolean }): JSX.Element {
  const app = useApp();
  const { say } = props;
  const result = (): string => {
    const found = props.nights.adherence;
    if (found.state === 'assessed') {
      const named = props.nights.rule?.classes.find(({ id }) => id === found.value);
      return named === undefined ? found.value : inLanguage(named.label, app.language());
    }
    return say('notAssessable', { why: clausesIn(found.missing.map(({ why }) => inLanguage(why, app.language())), app.language()) });
  };
  const known = () =>
    props.nights.nights.filter(({ hours, oximetry_h, ahi, leak_p95_l_min }) => [hours, oximetry_h, ahi, leak_p95_l_min].some((one) => one !== null));
  /** Of a night there is too little for an index. */
  const isShort = (): boolean => known().some(({ oximetry_h, odi3 }) => oximetry_h !== null && odi3 === null);
  const sentBy = ({ oximetry_sent_by, leak_sent_by }: Night): string =>
    [...new Set([oximetry_sent_by, leak_sent_by].filter((name) => name !== null))].join(', ') || say('unknown');
  /** Also the newest with oximetry, which may be older than those that are listed. */
  const withEvents = (): readonly Night[] => {
    const { nights, oximetry } = props.nights;
    const older = oximetry !== null && !nights.some(({ date }) => date === oximetry.date) ? [oximetry] : [];
    return [...older, ...nights].filter(({ has_events }) => has_events);
  };
  const number = (heading: Parameters<Say>[0], of: (night: Night) => number | null, places: number) => ({
    heading: say(heading),
    numeric: true,
    cell: (night: Night) => figure(of(night), places, say),
  });
  return (
    <section class="stack" data-nights="">
      <h3>{say('nights')}</h3>
      <Show when={props.nights.oximetry} fallback={<Show when={!props.nights.therapy}><p class="soft">{say('noOximetry')}</p></Show>}>
        {(night) => (
          <p data-oximetry={night().date}>
            {say(props.own ? 'ownOximetryOf' : 'oximetryOf', {
              day: dayOf(night().date, app.language()),
              hours: figure(night().oximetry_h, 1, say),
              falls: figure(night().falls, 0, say),
              odi3: figure(night().odi3, 1, say),
              odi4: figure(night().odi4, 1, say),
              t90: figure(night().t90_percent, 1, say),
              mean: figure(night().mean_spo2_percent, 1, say),
              lowest: figure(night().lowest_spo2_percent, 0, say),
            })}
            <Show when={night().oximetry_sent_by}>{(name) => <span data-sent-by=""> {say('nightSentBy', { name: name() })}</span>}</Show>
            <Show when={night().uncounted_h}>{(hours) => <span data-uncounted=""> {say('uncounted', { hours: figure(hours(), 1, say) })}</span>}</Show>
          </p>
        )}
      </Show>
      <Show when={isShort()}>
        <p class="soft small" data-short="">
          {say('shortNights', { n: props.nights.least_valid_h })} <span class="chip warn">{say('confirm')}</span>
        </p>
      </Show>
      <Show when={props.nights.therapy}>
      <p>
        <Show when={props.nights.rule}>{(rule) => <>{inLanguage(rule().title, app.language())}{colonIn(app.language())}</>}</Show>
        <strong data-adherence={props.nights.adherence.state === 'assessed' ? props.nights.adherence.value : 'not-assessable'}>
          {result()}
        </strong>
      </p>
      <Show when={props.nights.counted_h}>
        {(hours) => (
          <>
            <p class="soft small">{say('nightsOf', { hours: hours(), counted: props.nights.counted, known: props.nights.known })}</p>
            <Plot nights={props.nights.nights} counted_h={hours()} label={say('nightsPlot', { hours: hours() })} />
          </>
        )}
      </Show>
      </Show>
      <Show when={known().length > 0}>
        <details>
          <summary>
            {say('nights')}{colonIn(app.language())}{say('table')}
          </summary>
          <DataTable
            caption={`${say('nights')}${colonIn(app.language())}${say('table')}`}
            rows={known().toReversed()}
            columns={[
              { heading: say('night'), cell: ({ date }) => dayOf(date, app.language()) },
              number('hours', ({ hours }) => hours, 1),
              { heading: say('hoursFrom'), cell: ({ hours_from }) => (hours_from === null ? say('unknown') : say(`from.${hours_from}`)) },
              number('ahi', ({ ahi }) => ahi, 1),
              number('leak', ({ leak_p95_l_min }) => leak_p95_l_min, 1),
              number('oximetryHours', ({ oximetry_h }) => oximetry_h, 1),
              number('odi3', ({ odi3 }) => odi3, 1),
              number('odi4', ({ odi4 }) => odi4, 1),
              number('t90', ({ t90_percent }) => t90_percent, 1),
              number('falls', ({ falls }) => falls, 0),
              number('meanSpo2', ({ mean_spo2_percent }) => mean_spo2_percent, 1),
              number('lowest', ({ lowest_spo2_percent }) => lowest_spo2_percent, 0),
              number('uncountedHours', ({ uncounted_h }) => uncounted_h ?? null, 1),
              number('incomplete', ({ incomplete_s }) => (incomplete_s ? incomplete_s : null), 0),
              { heading: say('nightSent'), cell: sentBy },
            ]}
          />
          <Show when={props.own}>
            <p class="soft">{say('nightsWords')}</p>
          </Show>
        </details>
      </Show>
      <Show when={withEvents().length > 0}>
        <EventsOf course={props.course} nights={withEvents()} say={say} />
      </Show>
    </section>
  );
}

function Plot(props: { nights: readonly Night[]; counted_h: number; label: string }): JSX.Element {
  const step = (): number => WIDTH / Math.max(props.nights.length, 1);
  const height = (hours: number): number => (Math.min(hours, FULL_H) / FULL_H) * HEIGHT;
  return (
    <figure class="follow-plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" preserveAspectRatio="none">
        <For each={props.nights}>
          {(night, at) => (
            <rect
              class={barOf(night.hours, props.counted_h)}
              x={at() * step() + 1}
              width={Math.max(step() - 2, 1)}
              y={night.hours === null ? 0 : HEIGHT - Math.max(height(night.hours), 1)}
              height={night.hours === null ? HEIGHT : Math.max(height(night.hours), 1)}
            />
          )}
        </For>
        <line x1="0" x2={WIDTH} y1={HEIGHT - height(props.counted_h)} y2={HEIGHT - height(props.counted_h)} />
      </svg>
      <figcaption class="soft small">{props.label}</figcaption>
    </figure>
  );
}
