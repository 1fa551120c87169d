/** From the octets of a frame to samples: what the worker does, and what is painted from. */
import type { PixelForm } from './frame';
import type { Lut } from './lut';
import type { Overlay } from './overlay';

export type Samples = Int8Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** The pixels of a picture, ready to be painted, with the drawings that it brings along. */
export type Pixels = (
  | {
      readonly kind: 'grey';
      /** After the modality's table, where there is one. */
      readonly samples: Samples;
      readonly least: number;
      readonly most: number;
      /** Tables that the picture offers instead of a window. */
      readonly luts?: readonly Lut[];
    }
  /** Red, green, blue, opaque. */
  | { readonly kind: 'colour'; readonly rgba: Uint8ClampedArray<ArrayBuffer> }
  | { readonly kind: 'picture'; readonly bitmap: ImageBitmap }
) & { readonly overlays?: readonly Overlay[] };

export class PixelError extends Error {
  override name = 'PixelError';
}

/** Grey or colour samples from little-endian octets. */
export function pixelsOf(octets: Uint8Array<ArrayBuffer>, form: PixelForm, columns: number, rows: number): Pixels {
  const count = columns * rows;
  if (form.form === 'rgb') return { kind: 'colour', rgba: colourOf(octets, form.planar, count) };
  if (form.form !== 'grey') throw new PixelError('the server makes a picture of these');
  const samples = greySamples(octets, form, count);
  return withRange(samples);
}

/** Samples with the least and the greatest of them. */
export function withRange(samples: Samples): Pixels & { kind: 'grey' } {
  let [least, most] = [samples[0] ?? 0, samples[0] ?? 0];
  for (const value of samples) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { kind: 'grey', samples, least, most };
}

function greySamples(octets: Uint8Array<ArrayBuffer>, form: PixelForm & { form: 'grey' }, count: number): Samples {
  const bytes = form.bits === 1 ? Math.ceil(count / 8) : (count * form.bits) / 8;
  if (octets.length < bytes) throw new PixelError(`expected ${bytes} bytes, found ${octets.length}`);
  if (form.bits === 1) return Uint8Array.from({ length: count }, (_, at) => ((octets[at >> 3] ?? 0) >> (at & 7)) & 1);
  // Typed arrays are little endian on all machines that have a browser; what they need is an aligned start.
  const own = octets.byteOffset % 4 === 0 ? octets : octets.slice();
  const { buffer, byteOffset: at } = own;
  if (form.bits === 8) return masked(form.signed ? new Int8Array(buffer, at, count) : new Uint8Array(buffer, at, count), form);
  if (form.bits === 16) return masked(form.signed ? new Int16Array(buffer, at, count) : new Uint16Array(buffer, at, count), form);
  return form.signed ? new Int32Array(buffer, at, count) : new Uint32Array(buffer, at, count);
}

/** Bits above those that are stored may hold old overlays: they are no part of the value. */
function masked<S extends Samples>(samples: S, { bits, bitsStored, signed }: PixelForm & { form: 'grey' }): S {
  if (bitsStored <= 0 || bitsStored >= bits) return samples;
  const spare = 32 - bitsStored;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] ?? 0;
    samples[i] = signed ? (value << spare) >> spare : (value << spare) >>> spare;
  }
  return samples;
}

function colourOf(octets: Uint8Array, planar: boolean, count: number): Uint8ClampedArray<ArrayBuffer> {
  if (octets.length < count * 3) throw new PixelError(`expected ${count * 3} bytes, found ${octets.length}`);
  const rgba = new Uint8ClampedArray(count * 4);
  const [step, plane] = planar ? [1, count] : [3, 1];
  for (let i = 0; i < count; i++) {
    rgba[i * 4] = octets[i * step] ?? 0;
    rgba[i * 4 + 1] = octets[i * step + plane] ?? 0;
    rgba[i * 4 + 2] = octets[i * step + 2 * plane] ?? 0;
    rgba[i * 4 + 3] = 255;
  }
  return rgba;
}

/** What pixels weigh, for the cache's bound. */
export function weightOf(pixels: Pixels): number {
  const drawn = (pixels.overlays ?? []).reduce((sum, { bits }) => sum + bits.byteLength, 0);
  if (pixels.kind === 'grey') return drawn + pixels.samples.byteLength;
  if (pixels.kind === 'colour') return drawn + pixels.rgba.byteLength;
  return drawn + pixels.bitmap.width * pixels.bitmap.height * 4;
}
