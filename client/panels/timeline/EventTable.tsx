/** All that the lanes show, as a plain table, the newest first. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Event, Lane } from '../../../contract/timeline';
import { useApp } from '../../core/app';
import { dayOfMoment } from '../../core/dates';
import type { Zone } from '../../core/dates';
import { DataTable } from '../DataTable';
import { OriginCell } from './OriginCell';
import { NO_VALUE, byLane, dayNumber, placeOf, valueOf, windowOf } from './scale';

/** What is shown before somebody asks for all. */
const FIRST = 25;

export function EventTable(props: { events: readonly Event[]; zone: Zone; day: string }): JSX.Element {
  const app = useApp();
  const [lane, setLane] = createSignal<Lane | 'all'>('all');
  const [whole, setWhole] = createSignal(false);
  const lanes = createMemo(() => byLane(props.events).map((one) => one.lane));
  const chosen = createMemo(() =>
    props.events
      .filter((event) => lane() === 'all' || event.lane === lane())
      .toSorted((a, b) => (placeOf(b, props.zone) ?? 0) - (placeOf(a, props.zone) ?? 0)),
  );
  const rows = (): readonly Event[] => (whole() ? chosen() : chosen().slice(0, FIRST));
  return (
    <div class="over-time-part">
      <div class="row over-time-head">
        <h3>{app.t('time.table')}</h3>
        <label class="row small">
          {app.t('time.filter')}
          <select
            class="input small"
            onChange={(event) => {
              const value = event.currentTarget.value;
              setLane(lanes().find((one) => one === value) ?? 'all');
              setWhole(false);
            }}
          >
            <option value="all">{app.t('time.all')}</option>
            <For each={lanes()}>
              {(one) => (
                <option value={one} selected={lane() === one}>
                  {app.t(`lane.${one}`)}
                </option>
              )}
            </For>
          </select>
        </label>
      </div>
      <DataTable
        caption={app.t('time.table')}
        columns={[
          { heading: app.t('time.day'), cell: (event) => <When event={event} zone={props.zone} day={props.day} /> },
          {
            heading: app.t('time.what'),
            cell: (event) => (
              <>
                {event.title[app.language()]}
                <div class="soft small">{app.t(`lane.${event.lane}`)}</div>
              </>
            ),
          },
          {
            heading: app.t('time.value'),
            cell: (event) => <span class="event-value">{valueOf(event, app.language()) || NO_VALUE}</span>,
          },
          { heading: app.t('time.who'), cell: (event) => event.origin.by ?? NO_VALUE },
          { heading: app.t('time.source'), cell: (event) => <OriginCell origin={event.origin} /> },
        ]}
        rows={rows()}
      />
      <Show when={rows().length < chosen().length}>
        <button type="button" class="button small" onClick={() => setWhole(true)}>
          {app.t('time.more', { n: chosen().length })}
        </button>
      </Show>
    </div>
  );
}

/** The day, or the window in which it is due and how that stands. */
function When(props: { event: Event; zone: Zone; day: string }): JSX.Element {
  const app = useApp();
  const dayThere = (at: string): string => dayOfMoment(at, app.language(), props.zone);
  const window = (): readonly [string, string] | undefined => props.event.due && windowOf(props.event.due);
  const span = ([from, until]: readonly [string, string]): string => {
    const [first, last] = [dayThere(from), dayThere(until)];
    return first === last ? first : app.t('due.window', { from: first, until: last });
  };
  const isAhead = (): boolean => (placeOf(props.event, props.zone) ?? 0) > (dayNumber(props.day) ?? 0);
  return (
    <>
      <time dateTime={props.event.at}>
        <Show when={window()} fallback={dayThere(props.event.at)}>
          {(days) => <>{span(days())}</>}
        </Show>
      </time>
      <Show when={props.event.due}>
        {(due) => (
          <div class="row">
            <span class={`chip ${{ overdue: 'bad', due: 'warn', done: 'good' }[due().state as string] ?? ''}`}>
              {app.t(`due.${due().state}`)}
            </span>
            <Show when={due().every_months}>
              {(months) => <span class="soft small">{app.t('due.every', { n: months() })}</span>}
            </Show>
          </div>
        )}
      </Show>
      <Show when={isAhead()}>
        <div class="soft small">{app.t('time.future')}</div>
      </Show>
    </>
  );
}
