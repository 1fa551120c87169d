/** The line of a series: the same in the table, in a plot and on a screen in 3D. */
import type { Point } from './ward';

/** Where its points lie in a box, the lowest value at the bottom. */
export function polyline(points: readonly Point[], width: number, height: number): readonly (readonly [number, number])[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = last[0] - first[0] || 1;
  const range = high - low || 1;
  // A still line runs in the middle.
  const y = (value: number): number => (high === low ? height / 2 : height - 1 - ((value - low) / range) * (height - 2));
  return points.map(([at, value]) => [((at - first[0]) / span) * width, y(value)]);
}

export function path(points: readonly Point[], width: number, height: number): string {
  return polyline(points, width, height)
    .map(([x, y], n) => `${n === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join('');
}
