/** Lookup tables of images and presentation states (PS3.3 C.11.1, C.11.2 and C.11.6). */
import { sourceOf } from '../core/dicom/bulk';
import type { BytesSource } from '../core/dicom/bulk';
import { TAG, numbersOf, textOf } from '../core/dicom/json';
import type { DataSet } from '../core/dicom/json';
import type { Samples } from './pixels';

/** A table from values to others. */
export interface Lut {
  /** The value that has the first entry. */
  readonly first: number;
  /** What the greatest entry can be. */
  readonly most: number;
  readonly entries: Uint16Array<ArrayBuffer>;
  /** What the file calls it. */
  readonly name: string | undefined;
}

/** A table whose entries may still have to be fetched. */
export interface LutSource {
  readonly count: number;
  readonly first: number;
  readonly bits: number;
  readonly data: BytesSource;
  readonly name: string | undefined;
}

const MOST_ENTRIES = 1 << 16;

/** What an item with LUT Descriptor and LUT Data says. `signed` where it is entered with signed values. */
export function lutSourceOf(item: DataSet | undefined, signed: boolean): LutSource | undefined {
  const [count, first, bits] = numbersOf(item, TAG.lutDescriptor);
  const data = sourceOf(item?.[TAG.lutData]);
  if (count === undefined || first === undefined || bits === undefined || bits < 1 || bits > 16 || !data) return undefined;
  return {
    // 0 stands for 2¹⁶, and counts above 2¹⁵ look negative where the descriptor has a sign.
    count: ((count % MOST_ENTRIES) + MOST_ENTRIES) % MOST_ENTRIES || MOST_ENTRIES,
    first: signed && first > 0x7fff ? first - MOST_ENTRIES : first,
    bits,
    data,
    name: textOf(item, TAG.lutExplanation),
  };
}

/** The table from its bytes; `undefined` where they hold no entry. */
export function lutOf({ count, first, bits, name }: Omit<LutSource, 'data'>, bytes: Uint8Array): Lut | undefined {
  const words = new Uint16Array(bytes.length >> 1);
  for (let at = 0; at < words.length; at++) words[at] = (bytes[at * 2] ?? 0) | ((bytes[at * 2 + 1] ?? 0) << 8);
  // Two entries of 8 bits in a word, the first in the lower half.
  const entries = bits <= 8 && words.length < count ? Uint16Array.from(bytes.subarray(0, count)) : words.slice(0, count);
  return entries.length === 0 ? undefined : { first, most: 2 ** bits - 1, entries, name };
}

/** The entry for a value; outside of the table that of its nearest end. */
export function entryOf({ first, entries }: Lut, value: number): number {
  const at = Math.min(entries.length - 1, Math.max(0, Math.round(value - first)));
  return entries[at] ?? 0;
}

/** All samples through a table: what the values mean from here on. */
export function throughLut(samples: Samples, lut: Lut): Uint16Array<ArrayBuffer> {
  return Uint16Array.from(samples, (value) => entryOf(lut, value));
}
