/** Points with intervals, and lines, on two axes. What it shows stands in a table beside it. */
import { For, Show, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';

export interface Dot {
  readonly x: number;
  readonly y: number;
  /** An interval or limits, drawn as a bar through the point. */
  readonly low?: number;
  readonly high?: number;
  /** Drawn as another shape, not only in another colour. */
  readonly stands_out?: boolean;
}

export interface PlotLine {
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dashed?: boolean;
}

interface PlotProps {
  /** What it shows, in a sentence, for who does not see it. */
  readonly label: string;
  readonly x: { readonly label: string; readonly range: readonly [number, number]; readonly ticks: readonly { at: number; text: string }[] };
  readonly y: { readonly label: string; readonly range: readonly [number, number]; readonly ticks: readonly { at: number; text: string }[] };
  readonly lines: readonly PlotLine[];
  readonly dots: readonly Dot[];
}

const HEIGHT = 260;
const LEFT = 52;
const BOTTOM = 46;
const TOP = 22;
const RIGHT = 26;
const DOT = 4;
const NARROWEST = 260;
/** How wide a label of the lower axis is at most. */
const LABEL = 58;

export function Plot(props: PlotProps): JSX.Element {
  const [width, setWidth] = createSignal(NARROWEST);
  let holder!: HTMLDivElement;
  onMount(() => {
    const watch = new ResizeObserver(([entry]) => entry && setWidth(Math.max(NARROWEST, entry.contentRect.width)));
    watch.observe(holder);
    onCleanup(() => watch.disconnect());
  });
  const share = (value: number, [from, to]: readonly [number, number]): number => (to > from ? (value - from) / (to - from) : 0.5);
  const px = (x: number): number => LEFT + share(x, props.x.range) * (width() - LEFT - RIGHT);
  const py = (y: number): number => HEIGHT - BOTTOM - share(y, props.y.range) * (HEIGHT - BOTTOM - TOP);
  // Where labels would overlap, only some are written.
  const xTicks = (): PlotProps['x']['ticks'] => {
    const step = Math.ceil((props.x.ticks.length * LABEL) / (width() - LEFT - RIGHT));
    return props.x.ticks.filter((_, at) => at % Math.max(1, step) === 0);
  };
  return (
    <div ref={holder} class="plot">
      <svg width={width()} height={HEIGHT} role="img" aria-label={props.label}>
        <For each={props.y.ticks}>
          {(tick) => (
            <>
              <line class="plot-grid" x1={LEFT} x2={width() - RIGHT} y1={py(tick.at)} y2={py(tick.at)} />
              <text x={LEFT - 6} y={py(tick.at) + 4} text-anchor="end">
                {tick.text}
              </text>
            </>
          )}
        </For>
        <For each={xTicks()}>
          {(tick) => (
            <text x={px(tick.at)} y={HEIGHT - BOTTOM + 18} text-anchor="middle">
              {tick.text}
            </text>
          )}
        </For>
        <text x={LEFT} y={12}>
          {props.y.label}
        </text>
        <text x={width() - RIGHT} y={HEIGHT - 6} text-anchor="end">
          {props.x.label}
        </text>
        <line class="plot-axis" x1={LEFT} x2={width() - RIGHT} y1={py(props.y.range[0])} y2={py(props.y.range[0])} />
        <For each={props.lines}>
          {(line) => (
            <polyline
              class={line.dashed ? 'plot-line dashed' : 'plot-line'}
              points={line.points.map(([x, y]) => `${px(x)},${py(y)}`).join(' ')}
            />
          )}
        </For>
        <For each={props.dots}>
          {(dot) => (
            <g class={dot.stands_out ? 'plot-dot out' : 'plot-dot'}>
              <Show when={dot.low !== undefined && dot.high !== undefined}>
                <line x1={px(dot.x)} x2={px(dot.x)} y1={py(dot.low ?? dot.y)} y2={py(dot.high ?? dot.y)} />
              </Show>
              <Show when={dot.stands_out} fallback={<circle cx={px(dot.x)} cy={py(dot.y)} r={DOT} />}>
                <path d={`M${px(dot.x)} ${py(dot.y) - 7}l7 7l-7 7l-7 -7z`} />
              </Show>
            </g>
          )}
        </For>
      </svg>
    </div>
  );
}

/** Ticks of an axis from nothing to `most`, at round numbers. */
export function ticksTo(most: number, write: (value: number) => string): { at: number; text: string }[] {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? rough;
  const count = Math.floor(most / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, at) => ({ at: at * step, text: write(at * step) }));
}
