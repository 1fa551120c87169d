import type { Vector3 } from 'three';
import type { Transform } from '../core/frames';
import { BOARD, paintBoard, type Painted } from './board-paint';
import { PaintedPlanes } from './painted';
import type { Board, BoardPoint, EntityId, Placed } from './room-view';

/** The boards of a room, each painted anew only when something on it changed. */
export class Boards {
  readonly #planes = new PaintedPlanes<string>('board', BOARD);
  readonly group = this.#planes.group;
  /** A line that is being drawn. */
  draft: Painted | undefined;

  /** `whereIs` says where a board is that the room has told to stand somewhere. True where one was painted anew. */
  show(entities: ReadonlyMap<EntityId, Placed>, colourOf: (by: string) => string, whereIs: (id: EntityId, told: Transform) => Transform): boolean {
    let painted = false;
    for (const [id, { entity }] of entities) if (entity.type === 'board' && this.#put(id, { ...entity, transform: whereIs(id, entity.transform) }, entities, colourOf)) painted = true;
    this.#planes.keepOnly(entities);
    return painted;
  }

  /** The board that a ray meets first, and where on it. */
  hit(origin: Vector3, direction: Vector3): { readonly board: EntityId; readonly at: BoardPoint; readonly distance: number } | undefined {
    const found = this.#planes.hit(origin, direction);
    return found && { board: found.id, at: [found.uv.x, 1 - found.uv.y], distance: found.distance };
  }

  /** A board that a hand is at. */
  near(hand: Vector3, reach_m: number): EntityId | undefined {
    return this.#planes.near(hand, reach_m);
  }

  dispose(): void {
    this.#planes.dispose();
  }

  #put(id: EntityId, board: Board, entities: ReadonlyMap<EntityId, Placed>, colourOf: (by: string) => string): boolean {
    const standing = this.#planes.put(id, board.transform);
    if (!standing) return false;
    const marks: Painted[] = [];
    for (const { by, entity } of entities.values()) if ('board' in entity && entity.board === id) marks.push({ colour: colourOf(by), entity });
    if (this.draft?.entity.board === id) marks.push(this.draft);
    const shown = JSON.stringify([board.title, marks]);
    if (shown === standing.shown) return false;
    standing.shown = shown;
    paintBoard(standing.context, board.title, marks);
    standing.texture.needsUpdate = true;
    return true;
  }
}
