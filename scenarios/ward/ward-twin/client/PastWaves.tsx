/** What a patient's devices had drawn up to a moment that is looked back to: the same seconds as now, from the record. */
import { For, Show, createEffect, createMemo, on, onCleanup, untrack } from 'solid-js';
import type { JSX } from 'solid-js';
import type { SignalRow, SignalSpan } from '../../../../contract/signals';
import { useApp } from '../../../../client/core/app';
import { createQuery } from '../../../../client/core/query';
import { streamName } from '../../../../client/core/signal-names';
import { Answer } from '../../../../client/panels/Answer';
import { SHOWN_ms, isWave, linesOfReadings, paintWave, rangeOf } from './waves';
import type { Dot } from './waves';
import type { Say } from './words';

/** A waveform of 500 values a second has 3000 in what is shown. */
const READINGS = 10_000;
const [WIDTH_px, HEIGHT_px] = [900, 120] as const;

interface Drawn {
  readonly row: SignalRow;
  readonly lines: readonly (readonly Dot[])[];
}

interface Then {
  readonly to_ms: number;
  readonly drawn: readonly Drawn[];
}

export function PastWaves(props: { patient: string; at: string; deviceName(id: string): string; say: Say }): JSX.Element {
  const app = useApp();
  const path = (): string => `/api/patients/${encodeURIComponent(props.patient)}/signals`;
  /** Series of which each value stands alone: they are not asked for again. */
  const single = new Set<string>();
  let rows: readonly SignalRow[] | undefined;

  async function drawnAt(to_ms: number, signal: AbortSignal): Promise<Then> {
    rows ??= await app.api.get<SignalRow[]>(path(), { signal });
    const from_ms = to_ms - SHOWN_ms;
    const then = rows.filter(({ series, first_ms, last }) => !single.has(series) && first_ms < to_ms && last.at_ms >= from_ms);
    const drawn = await Promise.all(
      then.map(async (row): Promise<Drawn | undefined> => {
        const query = `from=${from_ms}&to=${to_ms}&readings=${READINGS}`;
        const { readings = [] } = await app.api.get<SignalSpan>(`${path()}/${encodeURIComponent(row.series)}?${query}`, { signal });
        if (isWave(readings)) return { row, lines: linesOfReadings(readings) };
        if (readings.length > 0) single.add(row.series);
        return undefined;
      }),
    );
    const found = drawn.filter((one) => one !== undefined);
    return { to_ms, drawn: found.toSorted((a, b) => a.row.stream.localeCompare(b.row.stream)) };
  }

  // The last picture stays while the next one is on its way.
  const waves = createQuery<Then>(() => (signal) => drawnAt(untrack(() => new Date(props.at).getTime()), signal));
  createEffect(on(() => props.at, () => waves.reload(), { defer: true }));
  return (
    <section aria-label={props.say('wavesThen')} data-past-waves={waves.data()?.drawn.length ?? 0}>
      <h3>{props.say('wavesThen')}</h3>
      <Answer of={waves}>
        {(then) => (
          <div class="waves">
            <For each={then().drawn.map(({ row }) => row.series)} fallback={<p class="soft small">{props.say('noWavesThen')}</p>}>
              {(series) => (
                <Show when={then().drawn.find(({ row }) => row.series === series)}>
                  {(one) => <Still drawn={one()} device={props.deviceName(one().row.device)} to_ms={then().to_ms} say={props.say} />}
                </Show>
              )}
            </For>
          </div>
        )}
      </Answer>
    </section>
  );
}

function Still(props: { drawn: Drawn; device: string; to_ms: number; say: Say }): JSX.Element {
  const app = useApp();
  let canvas!: HTMLCanvasElement;
  const name = (): string => streamName(props.drawn.row, app.language());
  const figure = (value: number): string => value.toPrecision(3);
  const words = createMemo(() => {
    const { row, lines } = props.drawn;
    const range = rangeOf(lines);
    return range
      ? props.say('waveRange', { name: name(), low: figure(range[0]), high: figure(range[1]), unit: row.unit })
      : props.say('waveNone', { name: name() });
  });
  createEffect(() => {
    const { lines } = props.drawn;
    const from_ms = props.to_ms - SHOWN_ms;
    // The first time the canvas is not in the page yet, and has no colours.
    const frame = requestAnimationFrame(() => {
      const style = getComputedStyle(canvas);
      paintWave(canvas, lines, from_ms, style.color, style.borderTopColor);
    });
    onCleanup(() => cancelAnimationFrame(frame));
  });
  return (
    <figure class="wave" data-wave={props.drawn.row.stream}>
      <figcaption class="row small">
        <strong>{name()}</strong>
        <span class="soft">{props.device}</span>
        <span class="grow" />
        <span class="soft">{words()}</span>
      </figcaption>
      <canvas ref={canvas} width={WIDTH_px} height={HEIGHT_px} role="img" aria-label={words()} />
    </figure>
  );
}
