/** The day that is looked at: by a slider, by a date, and what the record knew by then. */
import { Show, createEffect, createSignal, createUniqueId, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import { dayAt, dayNumber } from './scale';

interface AsOfProps {
  readonly line: readonly [number, number];
  readonly day: string;
  readonly today: string;
  readonly known: string | undefined;
  onDay(day: string | undefined): void;
  onKnown(day: string | undefined): void;
}

/** The server is asked once the hand rests. */
const REST_ms = 200;

export function AsOf(props: AsOfProps): JSX.Element {
  const app = useApp();
  const id = createUniqueId();
  const [moving, setMoving] = createSignal<number>();
  let rest: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(rest));
  createEffect(() => {
    void props.day;
    setMoving(undefined);
  });
  const at = (): number => moving() ?? dayNumber(props.day) ?? props.line[1];
  const move = (number: number): void => {
    setMoving(number);
    clearTimeout(rest);
    rest = setTimeout(() => props.onDay(dayAt(number)), REST_ms);
  };
  const choose = (day: string): void => {
    if (dayNumber(day) !== undefined) props.onDay(day);
  };
  return (
    <div class="as-of">
      <label class="as-of-slider" for={`${id}-slider`}>
        <span>
          {app.t('time.asOf')} <strong class="number">{dayOf(dayAt(at()), app.language())}</strong>
        </span>
        <input
          id={`${id}-slider`}
          type="range"
          min={props.line[0]}
          max={props.line[1]}
          step={1}
          value={at()}
          aria-valuetext={dayOf(dayAt(at()), app.language())}
          onInput={(event) => move(Number(event.currentTarget.value))}
        />
      </label>
      <div class="row as-of-day">
        <label class="row small">
          {app.t('time.day')}
          <input
            class="input small"
            type="date"
            value={dayAt(at())}
            min={dayAt(props.line[0])}
            max={dayAt(props.line[1])}
            onChange={(event) => choose(event.currentTarget.value)}
          />
        </label>
        <button type="button" class="button small" disabled={props.day === props.today} onClick={() => props.onDay(undefined)}>
          {app.t('time.now')}
        </button>
      </div>
      <details class="small">
        <summary>
          {props.known === undefined
            ? app.t('time.knownNow')
            : `${app.t('time.known')} ${dayOf(props.known, app.language())}`}
        </summary>
        <p class="soft">{app.t('time.knownHint')}</p>
        <div class="row">
          <label class="row">
            {app.t('time.known')}
            <input
              class="input small"
              type="date"
              value={props.known ?? ''}
              max={props.today}
              onChange={(event) => props.onKnown(event.currentTarget.value || undefined)}
            />
          </label>
          <Show when={props.known}>
            <button type="button" class="button small" onClick={() => props.onKnown(undefined)}>
              {app.t('time.knownClear')}
            </button>
          </Show>
        </div>
      </details>
    </div>
  );
}
