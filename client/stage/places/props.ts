import { BufferAttribute, BufferGeometry, type Mesh } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { MeshoptDecoder } from 'meshoptimizer';
import type { PropName } from './design';

const loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);
const models = new Map<string, Promise<BufferGeometry>>();

export const loadProp = (name: PropName): Promise<BufferGeometry> => loadModel(`/props/${name}.glb`);

/** A model's triangles in metres, with normals and colours; each file is asked for once. */
export function loadModel(path: string): Promise<BufferGeometry> {
  let model = models.get(path);
  if (!model) {
    model = loader.loadAsync(path).then(({ scene }) => {
      let found: BufferGeometry | undefined;
      scene.updateMatrixWorld(true);
      scene.traverse((part) => {
        if ((part as Mesh).isMesh) found = plain(part as Mesh);
      });
      if (!found) throw new Error(`the model ${path} has no triangles`);
      return found;
    });
    models.set(path, model);
    // What failed for want of a line is asked for again by the next who needs it.
    model.catch(() => models.delete(path));
  }
  return model;
}

/** Quantised numbers would not take a turn or a scale: as plain ones they do. */
function plain(mesh: Mesh): BufferGeometry {
  const [packed, geometry] = [mesh.geometry, new BufferGeometry()];
  for (const name of ['position', 'normal', 'color'] as const) {
    const from = packed.getAttribute(name);
    const to = new Float32Array(from.count * 3);
    for (let i = 0; i < from.count; i++) for (const k of [0, 1, 2]) to[i * 3 + k] = from.getComponent(i, k);
    geometry.setAttribute(name, new BufferAttribute(to, 3));
  }
  geometry.setIndex(packed.getIndex());
  return geometry.applyMatrix4(mesh.matrixWorld);
}
