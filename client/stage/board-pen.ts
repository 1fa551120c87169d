import type { Vector3 } from 'three';
import { INK_STEP, PenLine } from './pen-line';
import type { BoardPoint, EntityId, RoomView } from './room-view';
import type { Things } from './things';

const DRAFT = '#ffffff';

/** The pen on a board, by hand, mouse or finger: one line for as long as it is down, for everybody when it is lifted. */
export class BoardPen {
  readonly #room: RoomView;
  readonly #things: Things;
  readonly #line = new PenLine<BoardPoint>(INK_STEP);
  #board: EntityId | undefined;

  constructor(room: RoomView, things: Things) {
    [this.#room, this.#things] = [room, things];
  }

  get down(): boolean {
    return this.#board !== undefined;
  }

  /** Sets the pen on the board that a ray meets; false where there is none. */
  begin(origin: Vector3, direction: Vector3): boolean {
    const hit = this.#things.movable ? this.#things.boards.hit(origin, direction) : undefined;
    this.#board = hit?.board;
    this.#line.take();
    if (hit) this.#line.add(hit.at);
    return this.down;
  }

  go(origin: Vector3, direction: Vector3): void {
    const hit = this.#things.boards.hit(origin, direction);
    if (!hit || hit.board !== this.#board || !this.#line.add(hit.at)) return;
    this.#things.boards.draft = { colour: DRAFT, entity: { type: 'ink', board: hit.board, points: [...this.#line.points] } };
  }

  end(): void {
    const [board, points] = [this.#board, this.#line.take()];
    this.#board = undefined;
    this.#things.boards.draft = undefined;
    if (board !== undefined && points) this.#room.act({ act: 'add', entity: { type: 'ink', board, points: [...points] } });
  }
}
