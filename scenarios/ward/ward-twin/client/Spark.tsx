/** A line of the last hour beside a value; the value itself is said in words next to it. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { path } from './line';
import type { Point } from './ward';

const WIDTH = 72;
const HEIGHT = 20;

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
