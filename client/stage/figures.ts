import type { Object3D } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { clone } from 'three/addons/utils/SkeletonUtils.js';
import { MeshoptDecoder } from 'meshoptimizer';

/** People beyond this many are drawn as busts: ten thousand triangles each would be too much for a full room. */
export const MOST_FIGURES = 12;

/** Models of people, each loaded once and copied for everybody who looks like it. */
export class Figures {
  readonly #loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);
  readonly #models = new Map<string, Promise<Object3D>>();

  /** A copy of the model with a skeleton of its own; fails where the file cannot be had, and asks for it anew the next time. */
  async load(name: string): Promise<Object3D> {
    let model = this.#models.get(name);
    if (!model) {
      model = this.#loader.loadAsync(`/people/${name}.gltf`).then(({ scene }) => scene);
      this.#models.set(name, model);
      model.catch(() => this.#models.delete(name));
    }
    return clone(await model);
  }
}
