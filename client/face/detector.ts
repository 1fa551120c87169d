import { Human } from '@vladmandic/human';
import { type FaceSeen, faceOf } from './seen';

/** A picture as a canvas gives it. */
export interface Picture {
  /** Red, green, blue, opacity, row by row. */
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** What one picture shows. */
export interface Look {
  readonly face: FaceSeen | undefined;
  /** How bright the picture is, from 0 to 1. */
  readonly light: number;
}

/** Less sure than this it is no face. */
const SURE = 0.5;

/** Only what finds a face and its shape; nothing that says who somebody is, how old, or what they feel. */
const OFF = { enabled: false } as const;
const CONFIG = {
  debug: false,
  async: false,
  cacheModels: false,
  warmup: 'none',
  // Needed by no backend that is chosen here; named so that no other host is ever asked.
  wasmPath: '/face/',
  filter: OFF,
  gesture: OFF,
  body: OFF,
  hand: OFF,
  object: OFF,
  segmentation: OFF,
  face: {
    enabled: true,
    detector: { modelPath: 'blazeface.json', maxDetected: 1, rotation: true, minConfidence: 0.3, skipFrames: 15, skipTime: 1500 },
    mesh: { enabled: true, modelPath: 'facemesh.json' },
    attention: OFF,
    iris: OFF,
    emotion: OFF,
    description: OFF,
    antispoof: OFF,
    liveness: OFF,
  },
} as const;

/** Finds a face in pictures, here and nowhere else: its models come with the client. */
export class FaceDetector {
  readonly #human: Human;

  private constructor(human: Human) {
    this.#human = human;
  }

  /** `models` is the address of the folder that holds them. */
  static async load(backend: 'webgl' | 'cpu', models: string): Promise<FaceDetector> {
    const human = new Human({ ...CONFIG, backend, modelBasePath: models });
    await human.load();
    if (human.tf.getBackend() !== backend) throw new Error(`no ${backend} to find faces with`);
    return new FaceDetector(human);
  }

  async look(picture: Picture): Promise<Look> {
    const { width, height } = picture;
    const { colours, light } = withoutOpacity(picture);
    const tensor = this.#human.tf.tensor(colours, [1, height, width, 3], 'float32');
    try {
      const { face, error } = await this.#human.detect(tensor);
      if (error) throw new Error(`look for a face: ${error}`);
      const [found] = face;
      return { face: found && found.score >= SURE ? faceOf(found.mesh, picture) : undefined, light };
    } finally {
      tensor.dispose();
    }
  }
}

function withoutOpacity({ data, width, height }: Picture): { readonly colours: Float32Array; readonly light: number } {
  const colours = new Float32Array(width * height * 3);
  let sum = 0;
  for (let i = 0, from = 0; i < colours.length; i += 3, from += 4) {
    for (let k = 0; k < 3; k++) {
      const value = data[from + k] ?? 0;
      colours[i + k] = value;
      sum += value;
    }
  }
  return { colours, light: sum / (colours.length * 255) };
}
