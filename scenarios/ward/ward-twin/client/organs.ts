/** A heart and lungs in 3D that move as fast as they are measured to; a picture, and nobody's own. */
import { BackSide, Group, Mesh, MeshLambertMaterial } from 'three';
import type { BufferGeometry } from 'three';
import { loadModel } from '../../../../client/stage/places/props';
import { NO_PACE, heartScale, lungScale, turned } from './pace';
import type { Pace } from './pace';

const HEART = { now: '#c8453f', still: '#7d6a68' } as const;
const LUNGS = { now: '#f0b6ae', still: '#8f8f8f', opacity: 0.3 } as const;

export class Organs {
  readonly group = new Group();
  /** Called when the models have come. */
  onChange: () => void = () => undefined;
  readonly #heart = new Mesh<BufferGeometry, MeshLambertMaterial>(undefined, new MeshLambertMaterial());
  readonly #lungs = new Mesh<BufferGeometry, MeshLambertMaterial>(undefined, new MeshLambertMaterial({ transparent: true, opacity: LUNGS.opacity, depthWrite: false }));
  /** The far side of the lungs, behind the heart. */
  readonly #back = new Mesh<BufferGeometry, MeshLambertMaterial>(undefined, new MeshLambertMaterial({ transparent: true, opacity: LUNGS.opacity, depthWrite: false, side: BackSide }));
  #pace: Pace = NO_PACE;
  readonly #phase = { heart: 0, lungs: 0 };
  #gone = false;

  constructor() {
    this.group.name = 'organs';
    this.group.visible = false;
    [this.#back.renderOrder, this.#lungs.renderOrder] = [1, 2];
    this.group.add(this.#heart, this.#back, this.#lungs);
    void this.#load();
  }

  /** How fast they move from now on, and how bright they are. */
  set(pace: Pace, dim: number): void {
    this.#pace = pace;
    this.#heart.material.color.set(pace.heart === undefined ? HEART.still : HEART.now).multiplyScalar(dim);
    for (const { material } of [this.#lungs, this.#back]) material.color.set(pace.lungs === undefined ? LUNGS.still : LUNGS.now).multiplyScalar(dim);
    this.update(0);
  }

  /** Moves on; a changed rate goes on from where the last one was. */
  update(seconds: number): void {
    for (const organ of ['heart', 'lungs'] as const) this.#phase[organ] = turned(this.#phase[organ], this.#pace[organ], seconds);
    this.#heart.scale.setScalar(heartScale(this.#phase.heart));
    for (const { scale } of [this.#lungs, this.#back]) scale.set(...lungScale(this.#phase.lungs));
  }

  dispose(): void {
    this.#gone = true;
    this.group.removeFromParent();
    for (const { material } of [this.#heart, this.#lungs, this.#back]) material.dispose();
  }

  async #load(): Promise<void> {
    try {
      const [heart, lungs] = await Promise.all([loadModel('/organs/heart.glb'), loadModel('/organs/lungs.glb')]);
      if (this.#gone) return;
      this.#heart.geometry = heart;
      this.#lungs.geometry = lungs;
      this.#back.geometry = lungs;
      this.group.visible = true;
      this.onChange();
    } catch {
      // Without the models the words beside them say the same.
    }
  }
}
