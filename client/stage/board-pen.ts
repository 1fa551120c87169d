import type { Vector3 } from 'three';
import { LONGEST_LINE } from './pen-line';
import type { BoardPoint, EntityId, RoomView } from './room-view';
import type { Things } from './things';

/** Points of a board nearer to each other than this, as a share of it, say nothing new. */
const INK_STEP = 0.006;
const DRAFT = '#ffffff';

/** The pen on a board, by hand, mouse or finger: one line for as long as it is down, for everybody when it is lifted. */
export class BoardPen {
  readonly #room: RoomView;
  readonly #things: Things;
  #line: { readonly board: EntityId; readonly points: BoardPoint[] } | undefined;

  constructor(room: RoomView, things: Things) {
    [this.#room, this.#things] = [room, things];
  }

  get down(): boolean {
    return this.#line !== undefined;
  }

  /** Sets the pen on the board that a ray meets; false where there is none. */
  begin(origin: Vector3, direction: Vector3): boolean {
    const hit = this.#things.movable ? this.#things.boards.hit(origin, direction) : undefined;
    this.#line = hit && { board: hit.board, points: [hit.at] };
    return this.down;
  }

  go(origin: Vector3, direction: Vector3): void {
    const hit = this.#things.boards.hit(origin, direction);
    const { board, points = [] } = this.#line ?? {};
    const last = points.at(-1);
    if (!hit || hit.board !== board || !last || points.length >= LONGEST_LINE) return;
    if (Math.hypot(hit.at[0] - last[0], hit.at[1] - last[1]) <= INK_STEP) return;
    points.push(hit.at);
    this.#things.boards.draft = { colour: DRAFT, entity: { type: 'ink', board, points } };
  }

  end(): void {
    const line = this.#line;
    this.#line = undefined;
    this.#things.boards.draft = undefined;
    if (line && line.points.length > 1) this.#room.act({ act: 'add', entity: { type: 'ink', ...line } });
  }
}
