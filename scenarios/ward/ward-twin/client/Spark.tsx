/** A line of the last hour beside a value; the value itself is said in words next to it. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Point } from './ward';

const WIDTH = 72;
const HEIGHT = 20;

export function path(points: readonly Point[], width: number, height: number): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = last[0] - first[0] || 1;
  const range = high - low || 1;
  // A still line runs in the middle.
  const y = (value: number): number => (high === low ? height / 2 : height - 1 - ((value - low) / range) * (height - 2));
  return points.map(([at, value], n) => `${n === 0 ? 'M' : 'L'}${(((at - first[0]) / span) * width).toFixed(1)} ${y(value).toFixed(1)}`).join('');
}

export function Spark(props: { points: readonly Point[] | undefined }): JSX.Element {
  return (
    <Show when={(props.points?.length ?? 0) > 1 ? props.points : undefined}>
      {(points) => (
        <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
          <path d={path(points(), WIDTH, HEIGHT)} />
        </svg>
      )}
    </Show>
  );
}
