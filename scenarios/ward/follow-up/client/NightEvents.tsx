/** What happened in a night: a strip over its hours, and the same as a list. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { DataTable } from '../../../../client/panels/DataTable';
import type { Column } from '../../../../client/panels/DataTable';
import { coursePath } from './course';
import type { Night, NightEvents } from './course';
import { LANES, clockOf, countsOf, happened, hoursOf, placeOf, spanOf } from './events';
import type { Happened } from './events';
import { figure } from './shown';
import type { Say } from './words';

const WIDTH = 600;
const LANE = 16;
/** Of a lane on the page: as high as its name beside it. */
const LANE_rem = 1.5;
/** So near to an end of the strip a clock does not fit around its place. */
const NEAR = 0.06;

interface Shown {
  readonly course: string;
  readonly nights: readonly Night[];
  readonly say: Say;
}

/** Shut until somebody asks: a night has some hundreds of them. */
export function EventsOf(props: Shown): JSX.Element {
  const [open, setOpen] = createSignal(false);
  return (
    <details data-events="" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{props.say('eventsOf')}</summary>
      <Show when={open()}>
        <OneNight {...props} />
      </Show>
    </details>
  );
}

function OneNight(props: Shown): JSX.Element {
  const app = useApp();
  const newest = (): string => props.nights.at(-1)?.date ?? '';
  const [chosen, setChosen] = createSignal<string>();
  const date = createMemo(() => chosen() ?? newest());
  const events = createQuery<NightEvents>(() => {
    const path = coursePath(props.course, `/nights/${date()}`);
    return (signal) => app.api.get(path, { signal });
  });
  return (
    <div class="stack">
      <label class="field">
        <span>{props.say('eventsNight')}</span>
        <select class="input" name="events-night" value={date()} onChange={(event) => setChosen(event.currentTarget.value)}>
          <For each={props.nights.toReversed()}>{(night) => <option value={night.date}>{dayOf(night.date, app.language())}</option>}</For>
        </select>
      </label>
      <Answer of={events} lines={3}>
        {(night) => <Listed night={night()} say={props.say} />}
      </Answer>
    </div>
  );
}

function Listed(props: { night: NightEvents; say: Say }): JSX.Element {
  const { say } = props;
  const all = createMemo(() => happened(props.night));
  const columns = (): Column<Happened>[] => [
    { heading: say('eventTime'), cell: ({ at }) => clockOf(at) },
    { heading: say('eventKind'), cell: ({ kind }) => say(`event.${kind}`) },
    { heading: say('eventLasts'), numeric: true, cell: ({ lasts_s }) => figure(lasts_s, 0, say) },
    { heading: say('eventLowest'), numeric: true, cell: ({ fall }) => figure(fall?.lowest ?? null, 0, say) },
  ];
  return (
    <>
      <p data-counts="">{countsOf(props.night).map(([lane, n]) => say('eventsCount', { kind: say(`event.${lane}`), n })).join(' · ')}</p>
      <Show when={props.night.scored === null}>
        <p class="soft small">{say('eventsNotScored')}</p>
      </Show>
      <Show when={props.night.falls === null}>
        <p class="soft small">{say('eventsNoFalls')}</p>
      </Show>
      <Show when={all().length > 0} fallback={<p class="soft">{say('eventsNone')}</p>}>
        <Strip night={props.night} all={all()} say={say} />
        <div class="follow-events">
          <DataTable caption={say('eventsOf')} rows={all()} columns={columns()} />
        </div>
      </Show>
      <Show when={props.night.is_cut}>
        <p class="soft small">{say('eventsCut')}</p>
      </Show>
      <p class="soft small">{say('eventsClock')}</p>
    </>
  );
}

function Strip(props: { night: NightEvents; all: readonly Happened[]; say: Say }): JSX.Element {
  const { say } = props;
  const [at, setAt] = createSignal(0);
  const span = createMemo(() => spanOf(props.night));
  const lanes = createMemo(() => LANES.filter((lane) => props.all.some(({ kind }) => kind === lane)));
  const height = (): number => lanes().length * LANE;
  const x = (time: string): number => placeOf(time, span()) * WIDTH;
  const now = (): Happened | undefined => props.all[Math.min(at(), props.all.length - 1)];
  const words = (): string => {
    const one = now();
    if (one === undefined) return '';
    const said = { at: clockOf(one.at), kind: say(`event.${one.kind}`), lasts: figure(one.lasts_s, 0, say) };
    return one.fall === undefined ? say('eventsAt', said) : say('eventsAtFall', { ...said, ...one.fall });
  };
  const go = (to: number): void => void setAt(Math.max(0, Math.min(props.all.length - 1, to)));
  const steps: Readonly<Record<string, () => number>> = {
    ArrowRight: () => at() + 1,
    ArrowUp: () => at() + 1,
    ArrowLeft: () => at() - 1,
    ArrowDown: () => at() - 1,
    PageUp: () => at() + 10,
    PageDown: () => at() - 10,
    Home: () => 0,
    End: () => props.all.length - 1,
  };
  const pressed = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    go(step());
  };
  /** The event that is nearest to where somebody points. */
  const pointed = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const place = (event.clientX - box.left) / Math.max(box.width, 1);
    const apart = props.all.map((one) => Math.abs(placeOf(one.at, span()) - place));
    go(apart.indexOf(Math.min(...apart)));
  };
  return (
    <figure class="follow-strip">
      <div class="follow-strip-body">
        <ul class="follow-lanes" aria-hidden="true">
          <For each={lanes()}>{(lane) => <li>{say(`event.${lane}`)}</li>}</For>
        </ul>
        <div
          role="slider"
          tabIndex={0}
          aria-label={say('eventsStrip')}
          aria-valuemin={1}
          aria-valuemax={props.all.length}
          aria-valuenow={at() + 1}
          aria-valuetext={words()}
          onKeyDown={pressed}
          onPointerDown={pointed}
        >
          <svg viewBox={`0 0 ${WIDTH} ${height()}`} aria-hidden="true" preserveAspectRatio="none" style={{ '--strip': `${lanes().length * LANE_rem}rem` }}>
            <For each={props.night.recorded}>
              {([from, to]) => <rect class="recorded" x={x(from)} width={Math.max(x(to) - x(from), 1)} y={0} height={height()} />}
            </For>
            <For each={hoursOf(span())}>{(hour) => <line class="hour" x1={hour.place * WIDTH} x2={hour.place * WIDTH} y1={0} y2={height()} />}</For>
            <For each={props.all}>
              {(one) => (
                <rect
                  class={one.kind === 'fall' ? 'fall' : 'scored'}
                  x={x(one.at) - 0.75}
                  width={1.5}
                  y={lanes().indexOf(one.kind) * LANE + 3}
                  height={LANE - 6}
                />
              )}
            </For>
            <Show when={now()}>{(one) => <line class="chosen" x1={x(one().at)} x2={x(one().at)} y1={0} y2={height()} />}</Show>
          </svg>
          <div class="follow-hours" aria-hidden="true">
            <For each={hoursOf(span())}>{(hour) => <span data-end={hour.place < NEAR ? 'first' : hour.place > 1 - NEAR ? 'last' : undefined} style={{ 'inset-inline-start': `${hour.place * 100}%` }}>{hour.clock}</span>}</For>
          </div>
        </div>
      </div>
      <figcaption data-event-chosen="">{words()}</figcaption>
    </figure>
  );
}
