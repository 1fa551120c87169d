import { Human } from '@vladmandic/human';

/** A picture as a canvas gives it. */
export interface Picture {
  /** Red, green, blue, opacity, row by row. */
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

export type Backend = 'webgl' | 'cpu';

export const OFF = { enabled: false } as const;
/** Nothing is looked for, above all nothing that says who somebody is, how old, or what they feel. */
const QUIET = {
  debug: false,
  async: false,
  cacheModels: false,
  warmup: 'none',
  // Needed by no backend that is chosen here; named so that no other host is ever asked.
  wasmPath: '/face/',
  filter: OFF,
  gesture: OFF,
  face: OFF,
  body: OFF,
  hand: OFF,
  object: OFF,
  segmentation: OFF,
} as const;

/** The program that runs models, with those that `looksFor` switches on; `models` is the address of their folder. */
export async function program(backend: Backend, models: string, looksFor: object = {}): Promise<Human> {
  const human = new Human({ ...QUIET, ...looksFor, backend, modelBasePath: models });
  await human.load();
  if (human.tf.getBackend() !== backend) throw new Error(`no ${backend} to look at pictures with`);
  return human;
}

let canvas: OffscreenCanvas | undefined;

/** What a picture of a camera shows, point by point, in a worker; the picture is let go. */
export function pixelsOf(picture: ImageBitmap): Picture {
  const { width, height } = picture;
  canvas ??= new OffscreenCanvas(width, height);
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('nothing to draw with');
  context.drawImage(picture, 0, 0);
  picture.close();
  return context.getImageData(0, 0, width, height);
}
