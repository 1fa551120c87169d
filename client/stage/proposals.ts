import { BufferAttribute, BufferGeometry, Group, Mesh, MeshBasicMaterial } from 'three';
import { centreLps } from '../core/frames';
import type { VolumeStore } from '../core/volume/store';
import type { VoxelMask } from '../viewer/mask';
import type { HologramView } from './hologram';
import { surfaceOf } from './mask-surface';
import type { EntityId } from './room-view';
import { turned } from './surfaces';

/** A nodule that was found where somebody asked, and what is said of it. */
export interface Proposal {
  readonly id: EntityId;
  readonly mask: VoxelMask | undefined;
  readonly words: string;
}

const COLOUR = 0x7fe3dc;

/** What was found where people asked for nodules, seen through whatever lies before it. */
export class Proposals {
  readonly #view: HologramView;
  readonly #group = new Group();
  readonly #shown = new Map<EntityId, { readonly mask: VoxelMask; readonly mesh: Mesh<BufferGeometry, MeshBasicMaterial> }>();
  #words: ReadonlyMap<EntityId, string> = new Map();

  constructor(view: HologramView) {
    this.#view = view;
    view.root.add(this.#group);
  }

  /** Shows these and no others. */
  show(all: readonly Proposal[]): void {
    this.#words = new Map(all.map(({ id, words }) => [id, words]));
    for (const [id, { mask }] of this.#shown) if (all.every((one) => one.id !== id || one.mask !== mask)) this.#drop(id);
    for (const { id, mask } of all) if (mask && this.#view.scan && !this.#shown.has(id)) this.#put(id, mask, this.#view.scan);
  }

  /** What to write beside the place where somebody asked. */
  wordsOf(id: EntityId): string {
    return this.#words.get(id) ?? '';
  }

  /** How many surfaces stand here. */
  get count(): number {
    return this.#shown.size;
  }

  dispose(): void {
    for (const id of [...this.#shown.keys()]) this.#drop(id);
    this.#group.removeFromParent();
  }

  #put(id: EntityId, mask: VoxelMask, scan: VolumeStore): void {
    const { positions_lps_mm, indices } = surfaceOf(mask);
    const geometry = new BufferGeometry();
    const centre = centreLps(scan.manifest);
    geometry.setAttribute('position', new BufferAttribute(turned(positions_lps_mm, centre, 0.001), 3));
    geometry.setIndex(new BufferAttribute(indices, 1));
    const material = new MeshBasicMaterial({ color: COLOUR, transparent: true, opacity: 0.6, depthTest: false, depthWrite: false });
    const mesh = new Mesh(geometry, material);
    mesh.renderOrder = 29;
    this.#group.add(mesh);
    this.#shown.set(id, { mask, mesh });
  }

  #drop(id: EntityId): void {
    const shown = this.#shown.get(id);
    if (!shown) return;
    this.#shown.delete(id);
    this.#group.remove(shown.mesh);
    shown.mesh.geometry.dispose();
    shown.mesh.material.dispose();
  }
}
