import { Group, PlaneGeometry, Raycaster, type Vector3 } from 'three';
import { BOARD, paintBoard, type Painted } from './board-paint';
import { type PaintedPlane, paintedPlane } from './painted';
import type { Board, BoardPoint, EntityId, Placed } from './room-view';

interface Standing extends PaintedPlane {
  key: string;
}

/** The boards of a room, each painted anew only when something on it changed. */
export class Boards {
  readonly group = new Group();
  readonly #boards = new Map<EntityId, Standing>();
  readonly #shape = new PlaneGeometry(BOARD.width_m, BOARD.height_m);

  show(entities: ReadonlyMap<EntityId, Placed>, colourOf: (by: string) => string): void {
    for (const [id, { entity }] of entities) if (entity.type === 'board') this.#put(id, entity, entities, colourOf);
    for (const [id, board] of this.#boards) {
      if (entities.has(id)) continue;
      this.#drop(board);
      this.#boards.delete(id);
    }
  }

  /** The board that a ray meets first, and where on it. */
  hit(origin: Vector3, direction: Vector3): { readonly board: EntityId; readonly at: BoardPoint; readonly distance: number } | undefined {
    const caster = new Raycaster(origin, direction.clone().normalize());
    const [found] = caster.intersectObjects([...this.#boards.values()].map(({ mesh }) => mesh), false);
    if (!found?.uv) return undefined;
    const board = [...this.#boards].find(([, { mesh }]) => mesh === found.object)?.[0];
    return board === undefined ? undefined : { board, at: [found.uv.x, 1 - found.uv.y], distance: found.distance };
  }

  dispose(): void {
    for (const board of this.#boards.values()) this.#drop(board);
    this.#boards.clear();
    this.#shape.dispose();
    this.group.removeFromParent();
  }

  #put(id: EntityId, board: Board, entities: ReadonlyMap<EntityId, Placed>, colourOf: (by: string) => string): void {
    const standing = this.#boards.get(id) ?? this.#made(id);
    if (!standing) return;
    const { position_m, rotation, scale } = board.transform;
    standing.mesh.position.set(...position_m);
    standing.mesh.quaternion.set(...rotation).normalize();
    standing.mesh.scale.setScalar(scale);
    const marks: Painted[] = [];
    for (const { by, entity } of entities.values()) if ('board' in entity && entity.board === id) marks.push({ colour: colourOf(by), entity });
    const key = JSON.stringify([board.title, marks]);
    if (key === standing.key) return;
    standing.key = key;
    paintBoard(standing.context, board.title, marks);
    standing.texture.needsUpdate = true;
  }

  #made(id: EntityId): Standing | undefined {
    const made = paintedPlane('board', this.#shape, BOARD);
    if (!made) return undefined;
    const standing: Standing = { ...made, key: '' };
    this.#boards.set(id, standing);
    this.group.add(made.mesh);
    return standing;
  }

  #drop({ mesh, texture }: Standing): void {
    mesh.removeFromParent();
    mesh.material.dispose();
    texture.dispose();
  }
}
