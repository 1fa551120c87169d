/** Any past hour: chosen by its begin, moved through by a slider, played at a speed. */
import { For, Show, createEffect, createSignal, on, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { HOUR_s, SPEEDS, placeIn, played } from './replay';
import type { Speed } from './replay';
import { sayIn } from './words';

/** The server is asked once the hand rests, and so often while it plays. */
const REST_ms = 250;
const FRAME_ms = 1_000;

interface LookBackProps {
  readonly at: string | undefined;
  /** The picture of the moment that was asked for is there: the next may be asked for. */
  readonly isShown: boolean;
  onChoose(at: string | undefined): void;
}

export function LookBack(props: LookBackProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const [begin, setBegin] = createSignal<number>();
  const [moving, setMoving] = createSignal<number>();
  const [speed, setSpeed] = createSignal<Speed>();
  let chosen!: HTMLInputElement;
  let rest: ReturnType<typeof setTimeout> | undefined;

  const place = (): number => moving() ?? placeIn(begin(), props.at);
  const show = (seconds: number): void => {
    const from = begin();
    if (from !== undefined) props.onChoose(new Date(from + seconds * 1000).toISOString());
  };
  const choose = (local: string): void => {
    const moment = new Date(local).getTime();
    if (Number.isNaN(moment)) return;
    setSpeed(undefined);
    setBegin(moment);
    setMoving(undefined);
    show(0);
  };
  const slide = (seconds: number): void => {
    setMoving(seconds);
    clearTimeout(rest);
    rest = setTimeout(() => {
      show(seconds);
      setMoving(undefined);
    }, REST_ms);
  };
  const timer = setInterval(() => {
    const factor = speed();
    // A hand on the slider goes before; a slow server is not asked for more than it answers.
    if (factor === undefined || moving() !== undefined || !props.isShown) return;
    const next = played(place(), factor, FRAME_ms);
    if (next === undefined) setSpeed(undefined);
    else show(next);
  }, FRAME_ms);
  onCleanup(() => {
    clearInterval(timer);
    clearTimeout(rest);
  });
  // Also where something of now was gone to.
  const forget = (): void => {
    clearTimeout(rest);
    setSpeed(undefined);
    setBegin(undefined);
    setMoving(undefined);
    chosen.value = '';
  };
  createEffect(
    on(
      () => props.at,
      (at) => {
        if (at === undefined) forget();
      },
      { defer: true },
    ),
  );
  const moment = (): string => new Date((begin() ?? 0) + place() * 1000).toISOString();
  return (
    <div class="look-back">
      <label class="row small">
        {say('replay')}
        <input
          ref={chosen}
          class="input"
          type="datetime-local"
          aria-label={say('replayAt')}
          onChange={({ currentTarget }) => choose(currentTarget.value)}
        />
      </label>
      <Show when={props.at !== undefined && begin() !== undefined}>
        <strong data-as-of={props.at}>{say('asOf', { at: momentOf(moment(), app.language()) })}</strong>
        <input
          class="replay-slider"
          type="range"
          min={0}
          max={HOUR_s}
          step={5}
          value={place()}
          aria-label={say('replaySlider')}
          aria-valuetext={momentOf(moment(), app.language())}
          onInput={({ currentTarget }) => slide(Number(currentTarget.value))}
        />
        <div class="row" role="group" aria-label={say('replayPlay')}>
          <For each={SPEEDS}>
            {(factor) => (
              <button
                type="button"
                class="button small"
                aria-pressed={speed() === factor}
                onClick={() => setSpeed(speed() === factor ? undefined : factor)}
              >
                ▶ {factor}×
              </button>
            )}
          </For>
          <button type="button" class="button small" disabled={speed() === undefined} onClick={() => setSpeed(undefined)}>
            {say('replayStop')}
          </button>
          <button type="button" class="button small" onClick={() => props.onChoose(undefined)}>
            {say('live')}
          </button>
        </div>
      </Show>
    </div>
  );
}
