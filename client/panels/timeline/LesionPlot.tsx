/** Sizes of lesions over time, as lines; the table beside it says the same. */
import { For, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import type { TrackedLesion } from '../../../contract/timeline';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import { dayAt, dayNumber, stepsTo } from './scale';

export type Sized = 'diameter' | 'volume';

interface LesionPlotProps {
  readonly lesions: readonly TrackedLesion[];
  readonly line: readonly [number, number];
  readonly day: string;
  readonly sized: Sized;
}

/** In units of the picture: it is drawn this large and then fitted to its place. */
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 220, 44, 16, 12, 28] as const;

interface Drawn {
  readonly label: string;
  readonly number: number;
  readonly points: readonly { readonly x: number; readonly y: number; readonly words: string }[];
}

export function LesionPlot(props: LesionPlotProps): JSX.Element {
  const app = useApp();
  const size = (point: TrackedLesion['points'][number]): number | undefined =>
    props.sized === 'volume' ? point.volume_mm3 : point.mean_diameter_mm;
  const steps = createMemo(() =>
    stepsTo(Math.max(0, ...props.lesions.flatMap(({ points }) => points.flatMap((point) => size(point) ?? [])))),
  );
  const x = (day: number): number => {
    const [first, last] = props.line;
    return LEFT + ((day - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  };
  const y = (value: number): number => HEIGHT - BOTTOM - (value / (steps().at(-1) ?? 1)) * (HEIGHT - TOP - BOTTOM);
  const drawn = createMemo((): readonly Drawn[] =>
    props.lesions.map((lesion, index) => ({
      label: lesion.label[app.language()],
      number: index + 1,
      points: lesion.points.flatMap((point) => {
        const [day, value] = [dayNumber(point.at), size(point)];
        if (day === undefined || value === undefined) return [];
        const shown = value.toLocaleString(app.language(), { maximumFractionDigits: props.sized === 'volume' ? 0 : 1 });
        const unit = props.sized === 'volume' ? 'mm³' : 'mm';
        const words = app.t('lesions.pointText', { day: dayOf(point.at, app.language()), value: `${shown} ${unit}` });
        return [{ x: x(day), y: y(value), words }];
      }),
    })),
  );
  const text = (): string =>
    drawn()
      .map(({ label, number, points }) =>
        app.t('lesions.plotText', { label: `${number} ${label}`, points: points.map(({ words }) => words).join(', ') }),
      )
      .join('. ');
  const axis = (): string => app.t(props.sized === 'volume' ? 'lesions.volumeAxis' : 'lesions.axis');
  return (
    <figure class="lesion-plot">
      <figcaption class="small soft">{axis()}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${app.t('lesions.plot')}. ${text()}`}>
        <For each={steps()}>
          {(step) => (
            <>
              <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(step)} y2={y(step)} />
              <text class="tick" x={LEFT - 6} y={y(step) + 4} text-anchor="end">
                {step}
              </text>
            </>
          )}
        </For>
        <text class="tick" x={LEFT} y={HEIGHT - 8}>
          {dayOf(dayAt(props.line[0]), app.language())}
        </text>
        <text class="tick" x={WIDTH - RIGHT} y={HEIGHT - 8} text-anchor="end">
          {dayOf(dayAt(props.line[1]), app.language())}
        </text>
        <line class="day" x1={x(dayNumber(props.day) ?? 0)} x2={x(dayNumber(props.day) ?? 0)} y1={TOP} y2={HEIGHT - BOTTOM} />
        <For each={drawn()}>
          {(lesion) => (
            <g class="lesion-line" data-nth={lesion.number % 4}>
              <polyline points={lesion.points.map((point) => `${point.x},${point.y}`).join(' ')} />
              <For each={lesion.points}>{(point) => <circle cx={point.x} cy={point.y} r="5" />}</For>
              {/* The number stands at the newest point: lines are told apart without their colour. */}
              <text x={(lesion.points.at(-1)?.x ?? 0) - 8} y={(lesion.points.at(-1)?.y ?? 0) - 9} text-anchor="end">
                {lesion.number}
              </text>
            </g>
          )}
        </For>
      </svg>
    </figure>
  );
}
