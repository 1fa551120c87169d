import type { Human } from '@vladmandic/human';
import { OFF, program, type Backend, type Picture } from './program';
import { type FaceSeen, faceOf } from './seen';

export type { Picture };

/** What one picture shows. */
export interface Look {
  readonly face: FaceSeen | undefined;
  /** How bright the picture is, from 0 to 1. */
  readonly light: number;
}

/** Less sure than this it is no face. */
const SURE = 0.5;

/** Only what finds a face and its shape. */
const FACE = {
  enabled: true,
  detector: { modelPath: 'blazeface.json', maxDetected: 1, rotation: true, minConfidence: 0.3, skipFrames: 15, skipTime: 1500 },
  mesh: { enabled: true, modelPath: 'facemesh.json' },
  attention: OFF,
  iris: OFF,
  emotion: OFF,
  description: OFF,
  antispoof: OFF,
  liveness: OFF,
} as const;

/** Finds a face in pictures, here and nowhere else: its models come with the client. */
export class FaceDetector {
  readonly #human: Human;

  private constructor(human: Human) {
    this.#human = human;
  }

  /** `models` is the address of the folder that holds them. */
  static async load(backend: Backend, models: string): Promise<FaceDetector> {
    return new FaceDetector(await program(backend, models, { face: FACE }));
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
