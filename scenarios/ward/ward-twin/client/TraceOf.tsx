/** Where a tag was in any period: drawn on the plan, and as a table here; and who was there too, for who may ask that. */
import { Match, Show, Switch, createEffect, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { nameIn } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { DataTable } from '../../../../client/panels/DataTable';
import { Segmented } from '../../../../client/panels/Segmented';
import { ContactsOf } from './ContactsOf';
import type { Placed, Trace, TracePoint } from './command';
import { DAY_ms, HOUR_ms, allParts, stepOf, traceRows } from './trace';
import type { Period, TraceRow } from './trace';
import type { Say } from './words';

interface TraceProps {
  readonly one: Placed;
  readonly name: string;
  readonly say: Say;
  onPoints(points: readonly TracePoint[]): void;
  onHide(): void;
}

interface Found {
  readonly rows: readonly TraceRow[];
  /** Where it ends, where not all of it was asked for. */
  readonly until: string | null;
}

const SPANS = { hour: HOUR_ms, day: DAY_ms } as const;
type Span = keyof typeof SPANS | 'chosen';

export function TraceOf(props: TraceProps): JSX.Element {
  const app = useApp();
  const [span, setSpan] = createSignal<Span>('hour');
  const [period, setPeriod] = createSignal(before(HOUR_ms));
  const [contacts, setContacts] = createSignal(false);
  const title = (): string => {
    const moment = (ms: number): string => momentOf(new Date(ms).toISOString(), app.language());
    return props.say('traceOf', { who: props.name, from: moment(period().from_ms), to: moment(period().to_ms) });
  };
  const choose = (chosen: Span): void => {
    setSpan(chosen);
    if (chosen !== 'chosen') setPeriod(before(SPANS[chosen]));
  };
  const trace = createQuery<Found>(() => {
    const [tag, asked] = [props.one.tag ?? '', period()];
    return async (signal) => {
      const path = `/api/tags/${encodeURIComponent(tag)}/trace`;
      const parts = await allParts((query) => app.api.get<Trace>(`${path}?${query}`, { signal }), asked);
      const [points, places] = [parts.flatMap((part) => part.points), parts.flatMap((part) => part.places)];
      return { rows: traceRows(points, places, stepOf(asked)), until: parts.at(-1)?.next ?? null };
    };
  });
  createEffect(() => {
    const rows = trace.data()?.rows ?? [];
    props.onPoints(rows.flatMap(({ at, floor_m }) => (floor_m ? [[at, ...floor_m] as const] : [])));
  });
  const mayAsk = (): boolean => app.me()?.roles.some((role) => role === 'expert' || role === 'terminal-doctor') ?? false;
  return (
    <section class="trace-of" aria-label={title()}>
      <div class="row">
        <h2>{title()}</h2>
        <button type="button" class="button small" onClick={() => props.onHide()}>
          {props.say('hideTrace')}
        </button>
      </div>
      <div class="row">
        <Segmented
          label={props.say('period')}
          chosen={span()}
          onChoose={choose}
          options={[
            { value: 'hour', label: props.say('lastHour') },
            { value: 'day', label: props.say('lastDay') },
            { value: 'chosen', label: props.say('chosenPeriod') },
          ]}
        />
        <Show when={mayAsk()}>
          <button type="button" class="button" aria-pressed={contacts()} onClick={() => setContacts(!contacts())}>
            {props.say('contacts')}
          </button>
        </Show>
      </div>
      <Show when={span() === 'chosen'}>
        <Choose period={period()} say={props.say} onChoose={setPeriod} />
      </Show>
      <Switch>
        <Match when={contacts()}>
          <ContactsOf tag={props.one.tag ?? ''} name={props.name} period={period()} say={props.say} />
        </Match>
        <Match when={true}>
          <Answer of={trace}>
            {(found) => (
              <Show when={found().rows.length > 0} fallback={<p class="soft">{props.say('traceNone')}</p>}>
                <Show when={found().until}>
                  {(until) => <p class="soft small">{props.say('traceCut', { at: momentOf(until(), app.language()) })}</p>}
                </Show>
                <DataTable
                  caption={props.say('trace')}
                  rows={found().rows.toReversed()}
                  columns={[
                    { heading: props.say('time'), whole: true, cell: ({ at }) => momentOf(new Date(at).toISOString(), app.language()) },
                    { heading: props.say('where'), cell: ({ place }) => (place === null ? '–' : nameIn(place, app.language())) },
                    { heading: props.say('metresX'), numeric: true, cell: ({ floor_m }) => floor_m?.[0].toFixed(1) ?? '–' },
                    { heading: props.say('metresY'), numeric: true, cell: ({ floor_m }) => floor_m?.[1].toFixed(1) ?? '–' },
                  ]}
                />
              </Show>
            )}
          </Answer>
        </Match>
      </Switch>
    </section>
  );
}

function before(length_ms: number): Period {
  const to_ms = Date.now();
  return { from_ms: to_ms - length_ms, to_ms };
}

/** A moment as an input of this device takes it, to the minute. */
function local(ms: number): string {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function Choose(props: { period: Period; say: Say; onChoose(period: Period): void }): JSX.Element {
  const app = useApp();
  const choose = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [from_ms, to_ms] = ['from', 'to'].map((name) => new Date(String(form.get(name))).getTime());
    if (from_ms === undefined || to_ms === undefined || !(from_ms < to_ms)) app.toast(() => props.say('periodWrong'));
    else props.onChoose({ from_ms, to_ms });
  };
  return (
    <form class="send-form" data-form="period" onSubmit={choose}>
      <label>
        {props.say('periodFrom')}
        <input class="input" type="datetime-local" name="from" required value={local(props.period.from_ms)} />
      </label>
      <label>
        {props.say('periodTo')}
        <input class="input" type="datetime-local" name="to" required value={local(props.period.to_ms)} />
      </label>
      <button type="submit" class="button">
        {props.say('showPeriod')}
      </button>
    </form>
  );
}
