import type { Object3D } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { clone } from 'three/addons/utils/SkeletonUtils.js';
import { MeshoptDecoder } from 'meshoptimizer';

/** How many figures there are in medical and in plain dress; `public/people/LICENSE.md` says where they are from. */
const DRESSES = { medical: 5, plain: 3 } as const;
export type Dress = keyof typeof DRESSES;

/** People beyond this many are drawn as busts: ten thousand triangles each would be too much for a full room. */
export const MOST_FIGURES = 12;

/** The same figure for the same account, in every room and after every return. */
export function figureFor(account: string, dress: Dress): string {
  let sum = 0;
  for (const letter of account) sum = (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
  return `${dress}-${1 + (sum % DRESSES[dress])}`;
}

/** Models of people, each loaded once and copied for everybody who looks like it. */
export class Figures {
  readonly #loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);
  readonly #models = new Map<string, Promise<Object3D>>();

  /** A copy of the model with a skeleton of its own; fails where the file cannot be had. */
  async load(name: string): Promise<Object3D> {
    let model = this.#models.get(name);
    if (!model) {
      model = this.#loader.loadAsync(`/people/${name}.gltf`).then(({ scene }) => scene);
      this.#models.set(name, model);
    }
    return clone(await model);
  }
}
