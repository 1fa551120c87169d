/** Where a lesion lies on the slice of the scan that is nearest to it. Pure. */

export type Point = readonly [number, number, number];

/** A slice of a series, as DICOMweb's metadata tell it. */
export interface Slice {
  readonly instance: string;
  /** Centre of the first pixel, in LPS millimetres. */
  readonly origin_lps_mm: Point;
  /** Along a row, and along a column. */
  readonly row: Point;
  readonly column: Point;
  /** Between rows, and between columns. */
  readonly spacing_mm: readonly [number, number];
  readonly rows: number;
  readonly columns: number;
}

/** A mark on a slice, in pixels. */
export interface Mark {
  readonly slice: Slice;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

type Attributes = Readonly<Record<string, { readonly Value?: readonly unknown[] } | undefined>>;

function numbers(attributes: Attributes, tag: string): number[] {
  return (attributes[tag]?.Value ?? []).map(Number);
}

function point(values: readonly number[], at = 0): Point | undefined {
  const [x, y, z] = values.slice(at, at + 3);
  return x === undefined || y === undefined || z === undefined ? undefined : [x, y, z];
}

/** Reads a slice; nothing where the object has no place in the patient. */
export function sliceOf(attributes: Attributes): Slice | undefined {
  const instance = attributes['00080018']?.Value?.[0];
  const origin_lps_mm = point(numbers(attributes, '00200032'));
  const directions = numbers(attributes, '00200037');
  const [row, column] = [point(directions), point(directions, 3)];
  const [between, within] = numbers(attributes, '00280030');
  const [[rows], [columns]] = [numbers(attributes, '00280010'), numbers(attributes, '00280011')];
  if (typeof instance !== 'string' || !origin_lps_mm || !row || !column) return undefined;
  if (between === undefined || within === undefined || rows === undefined || columns === undefined) return undefined;
  return { instance, origin_lps_mm, row, column, spacing_mm: [between, within], rows, columns };
}

const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a: Point, b: Point): Point => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** How far a point lies from a slice's plane. */
function distance_mm(slice: Slice, at: Point): number {
  return Math.abs(dot(minus(at, slice.origin_lps_mm), cross(slice.row, slice.column)));
}

/** The mark of a lesion on the nearest slice; nothing where it lies beside all of them. */
export function markOf(slices: readonly Slice[], centre_lps_mm: Point, long_axis_mm: number): Mark | undefined {
  const slice = slices.toSorted((a, b) => distance_mm(a, centre_lps_mm) - distance_mm(b, centre_lps_mm))[0];
  if (!slice) return undefined;
  const from = minus(centre_lps_mm, slice.origin_lps_mm);
  const [betweenRows, betweenColumns] = slice.spacing_mm;
  const x = dot(from, slice.row) / betweenColumns;
  const y = dot(from, slice.column) / betweenRows;
  if (x < 0 || y < 0 || x >= slice.columns || y >= slice.rows) return undefined;
  // A ring around the lesion, not on it, and never too small to be seen.
  return { slice, x, y, radius: Math.max(long_axis_mm / betweenColumns, slice.columns / 40) };
}
