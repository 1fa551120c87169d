/** Waveforms as they come in pieces: kept for some seconds, cut into lines without gaps, painted on paper. */
import type { LiveWave, SignalReading } from '../../../../contract/signals';

/** How much of a waveform is shown at once. */
export const SHOWN_ms = 6_000;
/** Pieces come a few times a second, and late; a picture so much behind has no holes at its end. */
export const BEHIND_ms = 1_500;
/** More than this between two values, in periods, is a gap. */
const GAP_PERIODS = 1.5;

/** One waveform and the pieces of it that are still shown, by time. */
export interface Wave {
  readonly series: string;
  readonly stream: string;
  readonly title: LiveWave['title'];
  readonly device: string;
  readonly unit: string;
  readonly period_ms: number;
  readonly pieces: readonly LiveWave[];
  /** How far its device's clock is ahead of this one's, as its newest value came: devices have clocks of their own. */
  readonly ahead_ms: number;
}

const endOf = ({ start_ms, period_us, values }: LiveWave): number => start_ms + (values.length * period_us) / 1000;

/** When the last value that has come was measured. */
export const lastOf = ({ pieces }: Wave): number => Math.max(...pieces.map(endOf));

/** What the clock of its device is taken to show at a moment of this one's. */
export const timeOf = ({ ahead_ms }: Wave, now_ms: number): number => now_ms + ahead_ms;

/** Waves with pieces among them that came now; what no picture shows any more is let go. The same piece twice counts once. */
export function withPieces(waves: ReadonlyMap<string, Wave>, came: readonly LiveWave[], now_ms: number): ReadonlyMap<string, Wave> {
  const all = new Map(waves);
  for (const piece of came) {
    const { series, stream, title, device, unit, period_us, start_ms } = piece;
    const before = all.get(series);
    const known = before?.pieces.filter((one) => one.start_ms !== start_ms) ?? [];
    const pieces = [...known, piece].toSorted((a, b) => a.start_ms - b.start_ms);
    const newest = Math.max(...pieces.map(endOf));
    const kept = pieces.filter((one) => endOf(one) > newest - 2 * (SHOWN_ms + BEHIND_ms));
    // What comes again, or late, says nothing of the clock.
    const ahead_ms = before && newest <= lastOf(before) ? before.ahead_ms : newest - now_ms;
    all.set(series, { series, stream, title, device, unit, period_ms: period_us / 1000, pieces: kept, ahead_ms });
  }
  return all;
}

export type Dot = readonly [at_ms: number, value: number];

/** The lines between two moments; a gap ends one line and begins another. */
export function linesOf({ pieces, period_ms }: Wave, from_ms: number, to_ms: number): readonly (readonly Dot[])[] {
  const lines: Dot[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { start_ms, values } of pieces) {
    for (const [n, value] of values.entries()) {
      const at = start_ms + n * period_ms;
      // Pieces may overlap where a device sent something again.
      if (at < from_ms || at >= to_ms || at <= last) continue;
      if (at - last > GAP_PERIODS * period_ms) lines.push([]);
      lines.at(-1)?.push([at, value]);
      last = at;
    }
  }
  return lines;
}

/** More values in what is shown than this are a waveform: two a second stand alone. */
const SINGLE = (SHOWN_ms / 1000) * 2;

/** Whether readings of the shown seconds are a waveform. */
export const isWave = (readings: readonly SignalReading[]): boolean => readings.length > SINGLE;

/** The same lines of what was recorded. The time between most neighbours is the period. */
export function linesOfReadings(readings: readonly SignalReading[]): readonly (readonly Dot[])[] {
  const steps = readings.slice(1).map(({ at_ms }, n) => at_ms - (readings[n]?.at_ms ?? at_ms));
  const period_ms = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const lines: Dot[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { at_ms, value } of readings) {
    if (at_ms - last > GAP_PERIODS * period_ms) lines.push([]);
    lines.at(-1)?.push([at_ms, value]);
    last = at_ms;
  }
  return lines;
}

/** The least and the greatest value of lines; none where there are no values. */
export function rangeOf(lines: readonly (readonly Dot[])[]): readonly [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const line of lines) for (const [, value] of line) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low > high ? undefined : [low, high];
}

/** Paints the lines of the last seconds; a second is marked each tenth of the way down. */
export function paintWave(canvas: HTMLCanvasElement, lines: readonly (readonly Dot[])[], from_ms: number, ink: string, grid: string): void {
  const paper = canvas.getContext('2d');
  if (!paper) return;
  const { width, height } = canvas;
  paper.clearRect(0, 0, width, height);
  const x = (at: number): number => ((at - from_ms) / SHOWN_ms) * width;
  paper.strokeStyle = grid;
  paper.lineWidth = 1;
  for (let second = Math.ceil(from_ms / 1000) * 1000; second < from_ms + SHOWN_ms; second += 1000) {
    paper.beginPath();
    paper.moveTo(x(second), 0);
    paper.lineTo(x(second), height);
    paper.stroke();
  }
  const range = rangeOf(lines);
  if (!range) return;
  const [low, high] = range;
  const y = (value: number): number => (high === low ? height / 2 : height - 4 - ((value - low) / (high - low)) * (height - 8));
  paper.strokeStyle = ink;
  paper.lineWidth = Math.max(1.5, height / 60);
  paper.lineJoin = 'round';
  for (const line of lines) {
    paper.beginPath();
    for (const [n, [at, value]] of line.entries()) n === 0 ? paper.moveTo(x(at), y(value)) : paper.lineTo(x(at), y(value));
    paper.stroke();
  }
}
