/** The words beside a mark: its value with its unit, or that it cannot be known. */
import { POINTS, angleOf, areaOf, lengthOf, statisticsOf } from './measure';
import type { Mark, Quantity, ValueAt } from './measure';
import type { Pixels } from './pixels';
import type { Plane } from './plane';
import type { Rescale } from './window';

/** What the words need to know of a picture. */
export interface MarkedPicture {
  readonly plane: Plane;
  readonly pixels: Pixels | undefined;
  readonly rescale: Rescale;
  readonly unit: string | undefined;
}

/** Words in a language. */
export interface MeasureWords {
  readonly mean: string;
  readonly deviation: string;
  readonly range: string;
  /** The picture has no single value at a pixel: colour, or not loaded. */
  readonly noValue: string;
  readonly detector: string;
}

/** With as many places as a screen can show. */
export function figure({ value, unit }: Quantity): string {
  const places = unit === 'px' || unit === 'px²' || value >= 1000 ? 0 : 1;
  return unit === '°' ? `${value.toFixed(1)}°` : `${value.toFixed(places)} ${unit}`;
}

/** The value at a pixel, in the picture's unit. */
export function valuesAt({ plane, pixels, rescale }: MarkedPicture): ValueAt {
  return (x, y) => {
    if (pixels?.kind !== 'grey' || x < 0 || y < 0 || x >= plane.columns || y >= plane.rows) return undefined;
    const stored = pixels.samples[y * plane.columns + x];
    return stored === undefined ? undefined : stored * rescale.slope + rescale.intercept;
  };
}

const valued = (value: number, unit: string | undefined): string =>
  `${Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1)}${unit ? ` ${unit}` : ''}`;

export function wordsOfMark(mark: Mark, picture: MarkedPicture, words: MeasureWords): readonly string[] {
  const { plane, unit } = picture;
  const [a, b, c] = mark.points;
  if (!a || mark.points.length < POINTS[mark.kind]) return [];
  const measured = (quantity: Quantity): string =>
    plane.spacing_mm && plane.spacingSource === 'detector' && quantity.unit !== '°'
      ? `${figure(quantity)} (${words.detector})`
      : figure(quantity);
  if (mark.kind === 'text') return [mark.text ?? ''];
  if (mark.kind === 'probe') {
    const value = valuesAt(picture)(Math.round(a.x), Math.round(a.y));
    return [value === undefined ? words.noValue : valued(value, unit)];
  }
  if (mark.kind === 'angle') {
    const angle = b && c && angleOf(plane, a, b, c);
    return angle ? [figure(angle)] : [];
  }
  if (!b) return [];
  if (mark.kind === 'length') return [measured(lengthOf(plane, a, b))];
  const region = statisticsOf(plane, mark.kind, a, b, valuesAt(picture));
  const area = measured(areaOf(plane, mark.kind, a, b));
  if (!region) return [area, words.noValue];
  return [
    area,
    `${words.mean} ${valued(region.mean, unit)} · ${words.deviation} ${region.deviation.toFixed(1)}`,
    `${words.range} ${valued(region.least, undefined)} … ${valued(region.most, unit)}`,
  ];
}
