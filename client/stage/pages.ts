import { Group, PlaneGeometry, Raycaster, type Vector3 } from 'three';
import { CARD, type PageCard, paintCard } from './page-paint';
import { type PaintedPlane, paintedPlane } from './painted';
import type { EntityId, Page, Placed } from './room-view';

interface Standing extends PaintedPlane {
  card: PageCard | undefined;
}

/** The pages that stand in a room, each painted anew only when its card changed. */
export class Pages {
  readonly group = new Group();
  /** What is to be read on a page's card; the same object for as long as it says the same. */
  cardOf: (id: EntityId) => PageCard | undefined = () => undefined;
  readonly #pages = new Map<EntityId, Standing>();
  readonly #shape = new PlaneGeometry(CARD.width_m, CARD.height_m);

  /** True where something is to be seen anew. */
  show(entities: ReadonlyMap<EntityId, Placed>): boolean {
    let changed = false;
    for (const [id, { entity }] of entities) if (entity.type === 'page' && this.#put(id, entity)) changed = true;
    for (const [id, page] of this.#pages) {
      if (entities.has(id)) continue;
      this.#drop(page);
      this.#pages.delete(id);
    }
    return changed;
  }

  /** The page that a ray meets first, how far away, and whether above its middle. */
  hit(origin: Vector3, direction: Vector3): { readonly page: EntityId; readonly distance: number; readonly isAbove: boolean } | undefined {
    const caster = new Raycaster(origin, direction.clone().normalize());
    const [found] = caster.intersectObjects([...this.#pages.values()].map(({ mesh }) => mesh), false);
    const page = [...this.#pages].find(([, { mesh }]) => mesh === found?.object)?.[0];
    return found && page !== undefined ? { page, distance: found.distance, isAbove: (found.uv?.y ?? 0) > 0.5 } : undefined;
  }

  dispose(): void {
    for (const page of this.#pages.values()) this.#drop(page);
    this.#pages.clear();
    this.#shape.dispose();
    this.group.removeFromParent();
  }

  #put(id: EntityId, { transform }: Page): boolean {
    const standing = this.#pages.get(id) ?? this.#made(id);
    const card = this.cardOf(id);
    if (!standing || !card) return false;
    standing.mesh.position.set(...transform.position_m);
    standing.mesh.quaternion.set(...transform.rotation).normalize();
    standing.mesh.scale.setScalar(transform.scale);
    if (card === standing.card) return false;
    standing.card = card;
    paintCard(standing.context, card);
    standing.texture.needsUpdate = true;
    return true;
  }

  #made(id: EntityId): Standing | undefined {
    const made = paintedPlane('page', this.#shape, CARD);
    if (!made) return undefined;
    const standing: Standing = { ...made, card: undefined };
    this.#pages.set(id, standing);
    this.group.add(made.mesh);
    return standing;
  }

  #drop({ mesh, texture }: Standing): void {
    mesh.removeFromParent();
    mesh.material.dispose();
    texture.dispose();
  }
}
