import type { Vector3 } from 'three';
import { BOARD, paintBoard, type Painted } from './board-paint';
import { PaintedPlanes } from './painted';
import type { Board, BoardPoint, EntityId, Placed } from './room-view';

/** The boards of a room, each painted anew only when something on it changed. */
export class Boards {
  readonly #planes = new PaintedPlanes<string>('board', BOARD);
  readonly group = this.#planes.group;

  show(entities: ReadonlyMap<EntityId, Placed>, colourOf: (by: string) => string): void {
    for (const [id, { entity }] of entities) if (entity.type === 'board') this.#put(id, entity, entities, colourOf);
    this.#planes.keepOnly(entities);
  }

  /** The board that a ray meets first, and where on it. */
  hit(origin: Vector3, direction: Vector3): { readonly board: EntityId; readonly at: BoardPoint; readonly distance: number } | undefined {
    const found = this.#planes.hit(origin, direction);
    return found && { board: found.id, at: [found.uv.x, 1 - found.uv.y], distance: found.distance };
  }

  dispose(): void {
    this.#planes.dispose();
  }

  #put(id: EntityId, board: Board, entities: ReadonlyMap<EntityId, Placed>, colourOf: (by: string) => string): void {
    const standing = this.#planes.put(id, board.transform);
    if (!standing) return;
    const marks: Painted[] = [];
    for (const { by, entity } of entities.values()) if ('board' in entity && entity.board === id) marks.push({ colour: colourOf(by), entity });
    const shown = JSON.stringify([board.title, marks]);
    if (shown === standing.shown) return;
    standing.shown = shown;
    paintBoard(standing.context, board.title, marks);
    standing.texture.needsUpdate = true;
  }
}
