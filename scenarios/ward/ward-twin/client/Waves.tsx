/** What a patient's devices draw now: each waveform as it comes, and in words how it stands. */
import { For, Show, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { followReadings } from '../../../../client/core/live-readings';
import { streamName } from '../../../../client/core/signal-names';
import { BEHIND_ms, SHOWN_ms, lastOf, linesOf, paintWave, rangeOf, timeOf, withPieces } from './waves';
import type { Wave } from './waves';
import { clock } from './ward';
import type { Say } from './words';

/** Silent for longer: nobody should take the picture for now. */
const SILENT_ms = 5_000;
const [WIDTH_px, HEIGHT_px] = [900, 120] as const;

export function Waves(props: { patient: string; deviceName(id: string): string; say: Say }): JSX.Element {
  const [waves, setWaves] = createSignal<ReadonlyMap<string, Wave>>(new Map());
  const [isOpen, setOpen] = createSignal(true);
  /** By wave, the moment of its own clock at which it is held still. */
  const [held, setHeld] = createSignal<ReadonlyMap<string, number>>();
  const end = followReadings(
    props.patient,
    ({ waves: came }) => {
      if (came.length > 0) setWaves((all) => withPieces(all, came, Date.now()));
    },
    setOpen,
  );
  onCleanup(end);
  const ids = (): string[] => [...waves().keys()].toSorted();
  const hold = (): ReadonlyMap<string, number> => {
    const now = Date.now();
    return new Map([...waves()].map(([id, wave]) => [id, timeOf(wave, now)]));
  };
  return (
    <section aria-label={props.say('waves')} data-waves={waves().size}>
      <div class="row">
        <h3>{props.say('waves')}</h3>
        <span class="grow" />
        <Show when={waves().size > 0}>
          <button type="button" class="button small" aria-pressed={held() !== undefined} onClick={() => setHeld(held() === undefined ? hold() : undefined)}>
            {props.say('hold')}
          </button>
        </Show>
      </div>
      <Show when={!isOpen()}>
        <p class="soft small" role="status">{props.say('wavesLost')}</p>
      </Show>
      <Show when={waves().size === 0 && isOpen()}>
        <p class="soft small">{props.say('noWaves')}</p>
      </Show>
      <div class="waves">
        <For each={ids()}>
          {(id) => <Show when={waves().get(id)}>{(wave) => <Drawn wave={wave()} device={props.deviceName(wave().device)} held={held()?.get(id)} say={props.say} />}</Show>}
        </For>
      </div>
    </section>
  );
}

function Drawn(props: { wave: Wave; device: string; held: number | undefined; say: Say }): JSX.Element {
  const app = useApp();
  const [range, setRange] = createSignal<readonly [number, number]>();
  const [silent, setSilent] = createSignal(false);
  let canvas!: HTMLCanvasElement;
  let asked = 0;
  let drawn = 0;
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const paint = (now: number): void => {
    asked = requestAnimationFrame(paint);
    // Who wants less motion sees the picture change once a second.
    if (now - drawn < (still.matches ? 1000 : 40)) return;
    drawn = now;
    const newest = lastOf(props.wave);
    // The clocks of devices, and this one, may differ: time here runs from the newest value of this one that has come.
    const clockNow = props.held ?? timeOf(props.wave, Date.now());
    const to = Math.floor(clockNow - BEHIND_ms);
    const lines = linesOf(props.wave, to - SHOWN_ms, to);
    const style = getComputedStyle(canvas);
    paintWave(canvas, lines, to - SHOWN_ms, style.color, style.borderTopColor);
    setRange((was) => {
      const is = rangeOf(lines);
      return was && is && was[0] === is[0] && was[1] === is[1] ? was : is;
    });
    setSilent(clockNow - newest > SILENT_ms);
  };
  onMount(() => (asked = requestAnimationFrame(paint)));
  onCleanup(() => cancelAnimationFrame(asked));
  const figure = (value: number): string => value.toPrecision(3);
  const name = (): string => streamName(props.wave, app.language());
  const words = (): string => {
    const shown = range();
    return shown
      ? props.say('waveRange', { name: name(), low: figure(shown[0]), high: figure(shown[1]), unit: props.wave.unit })
      : props.say('waveNone', { name: name() });
  };
  return (
    <figure class="wave" data-wave={props.wave.stream} data-silent={silent() ? '' : undefined}>
      <figcaption class="row small">
        <strong>{name()}</strong>
        <span class="soft">
          {Math.round(1000 / props.wave.period_ms)}/s · {props.device}
        </span>
        <span class="grow" />
        <span class="soft">{words()}</span>
      </figcaption>
      <canvas ref={canvas} width={WIDTH_px} height={HEIGHT_px} role="img" aria-label={words()} />
      <Show when={silent()}>
        <p class="small" role="status">{props.say('waveSilent', { at: clock(lastOf(props.wave), app.language()) })}</p>
      </Show>
    </figure>
  );
}
