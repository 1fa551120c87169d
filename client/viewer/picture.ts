/** Makes an image of pixels under a window, kept until pixels or window change. */
import type { Overlay } from './overlay';
import type { Pixels } from './pixels';
import { greyTable, sameWindow, shadeOf } from './window';
import type { Shades } from './window';

export interface Look extends Shades {
  readonly pixels: Pixels;
  readonly columns: number;
  readonly rows: number;
}

/** Values further apart than this are painted one by one, without a table. */
const LONGEST_TABLE = 1 << 17;

export class Picture {
  readonly #canvas = document.createElement('canvas');
  #image: ImageData | undefined;
  #shown: Look | undefined;

  /** The image, as something that a canvas can draw. */
  of(look: Look): CanvasImageSource {
    if (look.pixels.kind === 'picture' && !look.inverted) return look.pixels.bitmap;
    if (this.#shown && same(this.#shown, look)) return this.#canvas;
    this.#shown = look;
    if (this.#canvas.width !== look.columns || this.#canvas.height !== look.rows || !this.#image) {
      [this.#canvas.width, this.#canvas.height] = [look.columns, look.rows];
      this.#image = new ImageData(Math.max(1, look.columns), Math.max(1, look.rows));
    }
    const context = this.#canvas.getContext('2d');
    if (look.pixels.kind === 'picture') {
      context?.clearRect(0, 0, look.columns, look.rows);
      if (context) {
        // Colours turned over: what is drawn is taken from white.
        context.drawImage(look.pixels.bitmap, 0, 0, look.columns, look.rows);
        context.globalCompositeOperation = 'difference';
        context.fillStyle = '#fff';
        context.fillRect(0, 0, look.columns, look.rows);
        context.globalCompositeOperation = 'source-over';
      }
      return this.#canvas;
    }
    if (look.pixels.kind === 'grey') paintGrey(look, look.pixels, this.#image.data);
    else paintColour(look.pixels.rgba, look.inverted, this.#image.data);
    context?.putImageData(this.#image, 0, 0);
    return this.#canvas;
  }
}

function same(a: Look, b: Look): boolean {
  return (
    a.pixels === b.pixels &&
    a.inverted === b.inverted &&
    sameWindow(a.window, b.window) &&
    a.rescale.slope === b.rescale.slope &&
    a.rescale.intercept === b.rescale.intercept &&
    a.modality === b.modality &&
    a.presentation === b.presentation
  );
}

function paintGrey(look: Look, pixels: Pixels & { kind: 'grey' }, out: Uint8ClampedArray): void {
  const { samples, least, most } = pixels;
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length / 4);
  const count = Math.min(words.length, samples.length);
  const grey = (g: number): number => (0xff000000 | (g << 16) | (g << 8) | g) >>> 0;
  if (most - least < LONGEST_TABLE) {
    const table = Uint32Array.from(greyTable(least, most - least + 1, look), grey);
    for (let i = 0; i < count; i++) words[i] = table[(samples[i] ?? least) - least] ?? 0;
    return;
  }
  for (let i = 0; i < count; i++) {
    words[i] = grey(Math.round(shadeOf(samples[i] ?? 0, look)));
  }
}

function paintColour(rgba: Uint8ClampedArray, inverted: boolean, out: Uint8ClampedArray): void {
  if (!inverted) return out.set(rgba.subarray(0, out.length));
  for (let i = 0; i < out.length; i++) out[i] = i % 4 === 3 ? 255 : 255 - (rgba[i] ?? 0);
}

const OVERLAY = 0xff66d1ff; // Amber, as marks are; the octets are alpha, blue, green, red.
const drawnOverlays = new WeakMap<Overlay, HTMLCanvasElement>();

/** An overlay plane as something that a canvas can draw: nothing where no bit is set. */
export function overlayImage(overlay: Overlay): HTMLCanvasElement {
  const known = drawnOverlays.get(overlay);
  if (known) return known;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [overlay.columns, overlay.rows];
  const image = new ImageData(overlay.columns, overlay.rows);
  const words = new Uint32Array(image.data.buffer);
  overlay.bits.forEach((bit, at) => {
    if (bit !== 0) words[at] = OVERLAY;
  });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  drawnOverlays.set(overlay, canvas);
  return canvas;
}
