/** Means as a line, from least to greatest as an area, gaps as gaps. A span is chosen by dragging over it. */
import { For, Show, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { asideIn, clausesIn } from '../../core/language';
import { marksText } from './marks';
import type { MarkRun } from './marks';
import { between, pathsOf, steps, valuesOf, zoomed } from './span';
import type { Bucket, Span } from './span';
import { timeIn } from './time';

/** In units of the picture: it is drawn this large and then fitted to its place. */
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 220, 48, 12, 10, 26] as const;

interface PlotProps {
  readonly span: Span;
  readonly pieces: readonly (readonly Bucket[])[];
  readonly gaps: readonly Span[];
  readonly runs: readonly MarkRun[];
  /** How many readings are marked. */
  readonly marked: number;
  readonly bucket_ms: number;
  readonly unit: string;
  onSpan(span: Span): void;
  onKey(event: KeyboardEvent): void;
}

export function SignalPlot(props: PlotProps): JSX.Element {
  const app = useApp();
  const [dragged, setDragged] = createSignal<readonly [number, number]>();
  const all = createMemo(() => props.pieces.flat());
  const range = createMemo(() => valuesOf(all()));
  const x = (ms: number): number => {
    const [from, to] = props.span;
    return LEFT + ((ms - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  };
  const y = (value: number): number => {
    const [low, high] = range() ?? [0, 1];
    return HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  };
  /** The place under a pointer, 0 at the begin of the span and 1 at its end. */
  const placeOf = (event: MouseEvent & { currentTarget: SVGElement }): number => {
    const box = event.currentTarget.getBoundingClientRect();
    const unit = ((event.clientX - box.left) / box.width) * WIDTH;
    return (unit - LEFT) / (WIDTH - LEFT - RIGHT);
  };
  const text = (): string => {
    const found = range();
    const marked = props.marked > 0 ? [app.t('signals.markedText', { n: props.marked })] : [];
    if (!found) return clausesIn([app.t('signals.nothing'), ...marked], app.language());
    const said = app.t('signals.plotText', {
      from: timeIn(props.span[0], props.span, app.language()),
      to: timeIn(props.span[1], props.span, app.language()),
      low: shown(found[0]),
      high: shown(found[1]),
      unit: props.unit === '1' ? '' : props.unit,
      gaps: props.gaps.length,
    });
    return clausesIn([said, ...marked], app.language());
  };
  const shown = (value: number): string => value.toLocaleString(app.language(), { maximumSignificantDigits: 4 });
  const drop = (): void => {
    const chosen = dragged();
    setDragged(undefined);
    if (chosen && Math.abs(chosen[1] - chosen[0]) > 0.01) props.onSpan(between(props.span, ...chosen));
  };
  return (
    <figure class="signal-plot">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        tabIndex={0}
        aria-label={`${app.t('signals.plot')}. ${text()}`}
        onKeyDown={(event) => props.onKey(event)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDragged([placeOf(event), placeOf(event)]);
        }}
        onPointerMove={(event) => {
          const place = placeOf(event);
          setDragged((before) => before && [before[0], place]);
        }}
        onPointerUp={drop}
        onPointerCancel={() => setDragged(undefined)}
        onDblClick={(event) => props.onSpan(zoomed(props.span, 0.5, placeOf(event)))}
      >
        <For each={range() ? steps(range() ?? [0, 1]) : []}>
          {(step) => (
            <>
              <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(step)} y2={y(step)} />
              <text class="tick" x={LEFT - 6} y={y(step) + 4} text-anchor="end">
                {shown(step)}
              </text>
            </>
          )}
        </For>
        <text class="tick" x={LEFT} y={HEIGHT - 8}>
          {timeIn(props.span[0], props.span, app.language())}
        </text>
        <text class="tick" x={WIDTH - RIGHT} y={HEIGHT - 8} text-anchor="end">
          {timeIn(props.span[1], props.span, app.language())}
        </text>
        <For each={props.gaps}>
          {([from, to]) => <rect class="gap" x={x(from)} width={Math.max(1, x(to) - x(from))} y={TOP} height={HEIGHT - TOP - BOTTOM} />}
        </For>
        <For each={props.runs}>
          {(run) => (
            <rect class="mark" x={x(run.from)} width={Math.max(3, x(run.last + props.bucket_ms) - x(run.from))} y={TOP - 8} height="6">
              <title>{marksText(run.marks, app.language()) + asideIn(app.t('signals.markedText', { n: run.count }), app.language())}</title>
            </rect>
          )}
        </For>
        <For each={props.pieces}>
          {(piece) => (
            <>
              <path class="area" d={pathsOf(piece, x, y).area} />
              <path class="mean" d={pathsOf(piece, x, y).line} />
              {/* A reading that stands alone has no line. */}
              <Show when={piece.length === 1 && piece[0]}>{(alone) => <circle class="alone" cx={x(alone()[0])} cy={y(alone()[3])} r="2.5" />}</Show>
            </>
          )}
        </For>
        <Show when={range() === undefined}>
          <text class="tick" x={WIDTH / 2} y={HEIGHT / 2} text-anchor="middle">
            {app.t('signals.nothing')}
          </text>
        </Show>
        <Show when={dragged()}>
          {(chosen) => {
            const at = (place: number): number => LEFT + Math.min(1, Math.max(0, place)) * (WIDTH - LEFT - RIGHT);
            return (
              <rect
                class="chosen"
                x={at(Math.min(...chosen()))}
                width={at(Math.max(...chosen())) - at(Math.min(...chosen()))}
                y={TOP}
                height={HEIGHT - TOP - BOTTOM}
              />
            );
          }}
        </Show>
      </svg>
      <figcaption class="soft small">{app.t('signals.how')}</figcaption>
    </figure>
  );
}
