import { Group, type Vector3 } from 'three';
import type { Transform } from '../core/frames';
import { Boards } from './boards';
import { type Holdable, OwnHand } from './own-hand';
import { Pages } from './pages';
import { colourOf, type EntityId, type RoomView } from './room-view';

/** Where a ray meets a board or page. */
export interface ThingHit {
  readonly id: EntityId;
  readonly distance: number;
}

/** The boards and pages that stand in a room, where whoever carries one has it, and the one in one's own hand. */
export class Things implements Holdable {
  readonly group = new Group();
  readonly boards = new Boards();
  readonly pages = new Pages();
  /** Whether one works with what stands here. */
  able: () => boolean = () => true;
  /** What the next hand that closes takes. */
  wanted: EntityId | undefined;
  readonly hand: OwnHand;
  readonly #room: RoomView;
  /** Where those were that were drawn last where the room has not told them to stand. */
  #elsewhere = '';

  constructor(room: RoomView) {
    this.#room = room;
    this.hand = new OwnHand(room);
    this.group.add(this.boards.group, this.pages.group);
  }

  get holding(): boolean {
    return this.hand.holding;
  }

  /** Whether anything that is done to them here changes the room. */
  get movable(): boolean {
    return !this.#room.watching && this.able();
  }

  /** True where something is to be seen anew. */
  show(nowMs: number): boolean {
    const entities = this.#room.entities();
    let elsewhere = '';
    const whereIs = (id: EntityId, told: Transform): Transform => {
      const now = this.hand.whereIs(id, told, nowMs);
      if (now !== told) elsewhere += `${id} ${JSON.stringify(now)} `;
      return now;
    };
    const isPainted = this.boards.show(entities, (by) => colourOf(this.#room, by), whereIs);
    const isSeen = this.pages.show(entities, whereIs) || isPainted || elsewhere !== this.#elsewhere;
    this.#elsewhere = elsewhere;
    return isSeen;
  }

  hit(origin: Vector3, direction: Vector3): ThingHit | undefined {
    const board = this.boards.hit(origin, direction);
    const page = this.pages.hit(origin, direction);
    if (board && (!page || board.distance < page.distance)) return { id: board.board, distance: board.distance };
    return page && { id: page.page, distance: page.distance };
  }

  /** The board or page that a hand is at. */
  near(hand: Vector3, reach_m: number): EntityId | undefined {
    return this.boards.near(hand, reach_m) ?? this.pages.near(hand, reach_m);
  }

  grab(nowMs: number): boolean {
    return this.wanted !== undefined && this.movable && this.hand.grab(this.wanted, nowMs);
  }

  carry(change: (transform: Transform) => Transform): void {
    this.hand.carry(change);
  }

  release(nowMs: number): void {
    this.hand.release(nowMs);
  }

  dispose(): void {
    this.release(performance.now());
    this.boards.dispose();
    this.pages.dispose();
    this.group.removeFromParent();
  }
}
