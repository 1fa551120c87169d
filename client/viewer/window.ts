/** Grey windows: what of the values is shown between black and white (PS3.3 C.11.2). */
import { entryOf } from './lut';
import type { Lut } from './lut';

/** A window in the units of the rescaled values; for CT these are HU. */
export interface GreyWindow {
  readonly centre: number;
  readonly width: number;
  readonly shape?: 'linear' | 'linear-exact' | 'sigmoid';
  /** A table that stands in for the line between black and white; centre and width then say what it spans. */
  readonly table?: Lut;
}

/** How stored values become values with a meaning. */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

/** Values that mean themselves. */
export const AS_THEY_ARE: Rescale = { slope: 1, intercept: 0 };

export type PresetName = 'lung' | 'mediastinum' | 'bone' | 'brain' | 'liver';

/**
 * The customary CT windows, in HU. Lung, mediastinum and bone are those of the stage (`stage/transfer.ts`), so that a
 * slice looks the same in both; brain and liver are those that the OHIF viewer offers.
 */
export const CT_PRESETS: Readonly<Record<PresetName, GreyWindow>> = {
  lung: { centre: -600, width: 1500 },
  mediastinum: { centre: 40, width: 400 },
  bone: { centre: 500, width: 2000 },
  brain: { centre: 40, width: 80 },
  liver: { centre: 90, width: 150 },
};
export const PRESET_NAMES = Object.keys(CT_PRESETS) as readonly PresetName[];

/** Grey 0…255 of a value. */
export function greyOf(value: number, window: GreyWindow): number {
  const { centre, shape, table } = window;
  if (table) return (entryOf(table, value) / table.most) * 255;
  const width = Math.max(shape === 'linear-exact' ? 1e-6 : 1, window.width);
  if (shape === 'sigmoid') return 255 / (1 + Math.exp((-4 * (value - centre)) / width));
  if (shape === 'linear-exact') return Math.min(255, Math.max(0, ((value - centre) / width + 0.5) * 255));
  // A width of one is a threshold; the formula would divide by zero.
  if (width <= 1) return value <= centre - 0.5 ? 0 : 255;
  return Math.min(255, Math.max(0, ((value - (centre - 0.5)) / (width - 1) + 0.5) * 255));
}

/** From stored values to greys (PS3.4 N.2): modality, window, presentation, and at last black for white. */
export interface Shades {
  readonly rescale: Rescale;
  /** A table that stands in for the rescale. */
  readonly modality?: Lut | undefined;
  readonly window: GreyWindow;
  /** A table from shown to presented greys. */
  readonly presentation?: Lut | undefined;
  readonly inverted: boolean;
}

export function shadeOf(stored: number, { rescale, modality, window, presentation, inverted }: Shades): number {
  const value = modality ? entryOf(modality, stored) : stored * rescale.slope + rescale.intercept;
  const shown = greyOf(value, window);
  // Its input is spread over all of its entries.
  const grey = presentation ? (entryOf(presentation, presentation.first + (shown / 255) * (presentation.entries.length - 1)) / presentation.most) * 255 : shown;
  return inverted ? 255 - grey : grey;
}

/** Greys of all stored values from `first` on. */
export function greyTable(first: number, count: number, shades: Shades): Uint8ClampedArray<ArrayBuffer> {
  return Uint8ClampedArray.from({ length: count }, (_, at) => shadeOf(first + at, shades));
}

/** Dragging: to the right widens, down brightens less; faster where the window is wide. */
export function dragged(window: GreyWindow, dx: number, dy: number): GreyWindow {
  const pace = Math.max(0.25, window.width / 400);
  // A table has no width to drag: what it spans becomes a window.
  const { table: _, ...line } = window;
  return { ...line, centre: window.centre + dy * pace, width: Math.max(1, window.width + dx * pace) };
}

/** A table as a window. */
export function windowOfLut(table: Lut): GreyWindow {
  const width = Math.max(1, table.entries.length);
  return { centre: table.first + width / 2, width, table };
}

export function sameWindow(a: GreyWindow, b: GreyWindow): boolean {
  return a.centre === b.centre && a.width === b.width && (a.shape ?? 'linear') === (b.shape ?? 'linear') && a.table === b.table;
}

/** Share of the pixels that may lie below black and above white in an automatic window. */
const AUTO_TAIL = 0.01;

/**
 * A window over nearly all values of a picture: from the first to the last percentile. `padding` is what fills the
 * picture beyond the scan and is left out.
 */
export function autoWindow(samples: ArrayLike<number>, rescale: Rescale, padding: number | undefined): GreyWindow {
  const counts = new Map<number, number>();
  let all = 0;
  // A quarter of a million pixels tell the percentiles well enough.
  const step = Math.max(1, Math.floor(samples.length / 262_144));
  for (let i = 0; i < samples.length; i += step) {
    const value = samples[i] ?? 0;
    if (value === padding) continue;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    all += 1;
  }
  const sorted = [...counts].sort(([a], [b]) => a - b);
  if (all === 0 || sorted.length === 0) return { centre: 0.5, width: 1 };
  const at = (share: number): number => {
    let seen = 0;
    for (const [value, count] of sorted) {
      seen += count;
      if (seen >= Math.ceil(share * all)) return value;
    }
    return sorted.at(-1)?.[0] ?? 0;
  };
  const real = (stored: number): number => stored * rescale.slope + rescale.intercept;
  const [a, b] = [real(at(AUTO_TAIL)), real(at(1 - AUTO_TAIL))];
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  return { centre: (low + high) / 2, width: Math.max(1, high - low) };
}
