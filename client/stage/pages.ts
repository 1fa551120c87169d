import type { Vector3 } from 'three';
import type { Transform } from '../core/frames';
import { CARD, type PageCard, paintCard } from './page-paint';
import { PaintedPlanes } from './painted';
import type { EntityId, Placed } from './room-view';

/** So much of a page above and below is its edge. */
const EDGE = 0.2;

/** The pages that stand in a room, each painted anew only when its card changed. */
export class Pages {
  readonly #planes = new PaintedPlanes<PageCard>('page', CARD);
  readonly group = this.#planes.group;
  /** What is to be read on a page's card; the same object for as long as it says the same. */
  cardOf: (id: EntityId) => PageCard | undefined = () => undefined;

  /** `whereIs` says where a page is that the room has told to stand somewhere. True where something is to be seen anew. */
  show(entities: ReadonlyMap<EntityId, Placed>, whereIs: (id: EntityId, told: Transform) => Transform): boolean {
    let changed = false;
    for (const [id, { entity }] of entities) if (entity.type === 'page' && this.#put(id, whereIs(id, entity.transform))) changed = true;
    this.#planes.keepOnly(entities);
    return changed;
  }

  /** The page that a ray meets first, how far away, whether above its middle, and whether at its upper or lower edge. */
  hit(origin: Vector3, direction: Vector3): { readonly page: EntityId; readonly distance: number; readonly isAbove: boolean; readonly isAtEdge: boolean } | undefined {
    const found = this.#planes.hit(origin, direction);
    return found && { page: found.id, distance: found.distance, isAbove: found.uv.y > 0.5, isAtEdge: Math.abs(found.uv.y - 0.5) > 0.5 - EDGE };
  }

  /** A page that a hand is at. */
  near(hand: Vector3, reach_m: number): EntityId | undefined {
    return this.#planes.near(hand, reach_m);
  }

  dispose(): void {
    this.#planes.dispose();
  }

  #put(id: EntityId, transform: Transform): boolean {
    const card = this.cardOf(id);
    const standing = card && this.#planes.put(id, transform);
    if (!card || !standing || card === standing.shown) return false;
    standing.shown = card;
    paintCard(standing.context, card);
    standing.texture.needsUpdate = true;
    return true;
  }
}
