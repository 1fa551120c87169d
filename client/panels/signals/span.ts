/** A span of time of one series: moved, zoomed, and drawn with its gaps. */
import type { SignalRow } from '../../../contract/signals';

/** First and last millisecond since 1970. */
export type Span = readonly [number, number];

/** Start in milliseconds since 1970, least, greatest, mean, count. */
export type Bucket = readonly [number, number, number, number, number];

export const HOUR_ms = 3_600_000;
/** The shortest span that is shown: waveforms are told apart within it. */
const LEAST_ms = 1_000;
/** The longest: a hundred years. */
const MOST_ms = 3_155_760_000_000;

/** Series by their last readings. */
export function newestFirst<Row extends Pick<SignalRow, 'last'>>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => b.last.at_ms - a.last.at_ms);
}

/** A span that is as many times as long, around a place in it (0 at its begin, 1 at its end). */
export function zoomed([from, to]: Span, times: number, around = 0.5): Span {
  const length = Math.min(MOST_ms, Math.max(LEAST_ms, (to - from) * times));
  const begin = from + (to - from) * around - length * around;
  return [begin, begin + length];
}

/** A span moved by a share of its length. */
export function moved([from, to]: Span, share: number): Span {
  const by = (to - from) * share;
  return [from + by, to + by];
}

/** The span between two places of another. */
export function between([from, to]: Span, one: number, other: number): Span {
  const at = (place: number): number => from + (to - from) * Math.min(1, Math.max(0, place));
  const span: Span = [at(Math.min(one, other)), at(Math.max(one, other))];
  return span[1] - span[0] < LEAST_ms ? zoomed(span, LEAST_ms / Math.max(1, span[1] - span[0])) : span;
}

/**
 * Buckets that follow each other without a gap. Readings that come more slowly than the buckets do are no gap: what
 * is usual is the middle distance between two neighbours.
 */
export function pieces(buckets: readonly Bucket[], bucket_ms: number): readonly (readonly Bucket[])[] {
  const distances = buckets.slice(1).map(([start], n) => start - (buckets[n]?.[0] ?? start));
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? bucket_ms;
  const most = Math.max(usual, bucket_ms) * 2.5;
  const found: Bucket[][] = [];
  for (const bucket of buckets) {
    const last = found.at(-1);
    const before = last?.at(-1);
    if (last && before && bucket[0] - before[0] <= most) last.push(bucket);
    else found.push([bucket]);
  }
  return found;
}

/** Where nothing was measured between the first and the last reading. */
export function gapsOf(found: readonly (readonly Bucket[])[], bucket_ms: number): readonly Span[] {
  return found.slice(1).flatMap((piece, n): Span[] => {
    const [before, after] = [found[n]?.at(-1), piece[0]];
    return before && after ? [[before[0] + bucket_ms, after[0]]] : [];
  });
}

/** From the least to the greatest value; a still line has room around it. */
export function valuesOf(buckets: readonly Bucket[]): readonly [number, number] | undefined {
  if (buckets.length === 0) return undefined;
  const low = Math.min(...buckets.map(([, least]) => least));
  const high = Math.max(...buckets.map(([, , greatest]) => greatest));
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** Even steps within a range: about four. */
export function steps([low, high]: readonly [number, number]): readonly number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first;
  return Array.from({ length: count + 1 }, (_, n) => Number(((first + n) * step).toPrecision(6)));
}

/** The path of means, and the area from least to greatest, of one piece. */
export function pathsOf(
  piece: readonly Bucket[],
  x: (ms: number) => number,
  y: (value: number) => number,
): { readonly line: string; readonly area: string } {
  const at = (ms: number, value: number): string => `${x(ms).toFixed(1)} ${y(value).toFixed(1)}`;
  const above = piece.map(([start, , greatest]) => at(start, greatest));
  const below = piece.map(([start, least]) => at(start, least)).toReversed();
  return {
    line: `M${piece.map(([start, , , mean]) => at(start, mean)).join('L')}`,
    area: `M${[...above, ...below].join('L')}Z`,
  };
}
