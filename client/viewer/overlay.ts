/** Overlay planes: drawings of one bit that a picture brings along (PS3.3 C.9.2), in groups 6000 to 601E. */
import { sourceOf } from '../core/dicom/bulk';
import type { BytesSource } from '../core/dicom/bulk';
import { numberOf, numbersOf, textOf } from '../core/dicom/json';
import type { DataSet } from '../core/dicom/json';

/** A drawing over a picture. */
export interface Overlay {
  /** Of the repeating group, 0x6000 and on. */
  readonly group: number;
  readonly columns: number;
  readonly rows: number;
  /** Where its first pixel lies on the picture, from 0; may lie outside. */
  readonly left: number;
  readonly top: number;
  /** 1 where something is drawn. */
  readonly bits: Uint8Array<ArrayBuffer>;
  readonly name: string | undefined;
}

/** An overlay whose bits may still have to be fetched. */
export interface OverlaySource extends Omit<Overlay, 'bits'> {
  /** How many bits lie in front of this frame's. */
  readonly skip: number;
  /** The bits; where there are none they lie within the pixels, at `bit`. */
  readonly data: BytesSource | undefined;
  readonly bit: number;
}

/** The overlays on a frame, by its number from 1. */
export function overlaysOf(set: DataSet, frame: number): readonly OverlaySource[] {
  return Array.from({ length: 16 }, (_, at) => 0x6000 + at * 2).flatMap((group) => {
    const tag = (element: string): string => `${group.toString(16).toUpperCase()}${element}`;
    const [rows, columns] = [numberOf(set, tag('0010')), numberOf(set, tag('0011'))];
    if (!rows || !columns) return [];
    const count = numberOf(set, tag('0015'));
    const at = frame - (numberOf(set, tag('0051')) ?? 1);
    // One that counts no frames belongs to all of them.
    if (count !== undefined && (at < 0 || at >= count)) return [];
    const [top, left] = numbersOf(set, tag('0050'));
    const data = sourceOf(set[tag('3000')]);
    const bit = numberOf(set, tag('0102')) ?? 0;
    if (!data && bit === 0) return [];
    const skip = count === undefined ? 0 : at * rows * columns;
    const name = textOf(set, tag('1500')) ?? textOf(set, tag('0022'));
    return [{ group, rows, columns, left: (left ?? 1) - 1, top: (top ?? 1) - 1, name, skip, data, bit }];
  });
}

/** The bits of a plane from its bytes, the lowest bit of a byte first. */
export function bitsOf({ columns, rows, skip }: OverlaySource, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: columns * rows }, (_, i) => ((bytes[(skip + i) >> 3] ?? 0) >> ((skip + i) & 7)) & 1);
}

/** The bits of a plane that lies in spare bits of the pixels, as it did in former times. */
export function bitsWithin({ columns, rows, bit }: OverlaySource, octets: Uint8Array, bytesPerPixel: number): Uint8Array<ArrayBuffer> {
  const [at, shift] = [bit >> 3, bit & 7];
  return Uint8Array.from({ length: columns * rows }, (_, i) => ((octets[i * bytesPerPixel + at] ?? 0) >> shift) & 1);
}
