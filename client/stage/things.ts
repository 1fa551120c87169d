import { Group, type Vector3 } from 'three';
import type { Transform } from '../core/frames';
import { Boards } from './boards';
import { Pages } from './pages';
import { colourOf, type EntityId, type Locked, type Placed, type RoomView, standAt } from './room-view';
import { alike } from './turning';

/** What hands carry. */
export interface Holdable {
  /** Takes hold; false if it cannot be had. */
  grab(nowMs: number): boolean;
  carry(change: (transform: Transform) => Transform): void;
  release(nowMs: number): void;
}

/** Where a ray meets a board or page. */
export interface ThingHit {
  readonly id: EntityId;
  readonly distance: number;
}

/** How long it stays where one's own hand has left it, before the server has answered. */
const ECHO_MS = 1500;

/**
 * The boards and pages that stand in a room, and the one in one's own hand: it moves here at once, and for everybody
 * when it is let go. So one move is one act, and one step to undo.
 */
export class Things implements Holdable {
  readonly group = new Group();
  readonly boards = new Boards();
  readonly pages = new Pages();
  /** Whether one works with what stands here. */
  able: () => boolean = () => true;
  /** Called when one wanted to move what is locked. */
  onLocked: (locked: Locked) => void = () => undefined;
  /** What the next hand that closes takes. */
  wanted: EntityId | undefined;
  readonly #room: RoomView;
  #hand: { readonly id: EntityId; readonly transform: Transform } | undefined;
  #left: { readonly id: EntityId; readonly transform: Transform; readonly until: number } | undefined;

  constructor(room: RoomView) {
    this.#room = room;
    this.group.add(this.boards.group, this.pages.group);
  }

  get holding(): boolean {
    return this.#hand !== undefined;
  }

  /** Whether anything that is done to them here changes the room. */
  get movable(): boolean {
    return !this.#room.watching && this.able();
  }

  /** True where something is to be seen anew. */
  show(nowMs: number): boolean {
    const entities = this.#room.entities();
    const wasLeft = this.#left !== undefined;
    if (this.#left && (nowMs > this.#left.until || alike(this.#left.transform, standing(entities.get(this.#left.id)) ?? this.#left.transform))) this.#left = undefined;
    const own = this.#hand ?? this.#left;
    const whereIs = (id: EntityId, told: Transform): Transform => (own?.id === id ? own.transform : told);
    const isPainted = this.boards.show(entities, (by) => colourOf(this.#room, by), whereIs);
    return this.pages.show(entities, whereIs) || isPainted || this.holding || wasLeft;
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

  grab(): boolean {
    const id = this.wanted;
    if (this.#hand) return this.#hand.id === id;
    const placed = id === undefined ? undefined : this.#room.entities().get(id);
    const told = standing(placed);
    if (id === undefined || !told || !this.movable) return false;
    if (placed?.locked) {
      this.onLocked(placed.locked);
      return false;
    }
    this.#hand = { id, transform: this.#left?.id === id ? this.#left.transform : told };
    return true;
  }

  carry(change: (transform: Transform) => Transform): void {
    if (this.#hand) this.#hand = { ...this.#hand, transform: change(this.#hand.transform) };
  }

  release(nowMs: number): void {
    const hand = this.#hand;
    this.#hand = undefined;
    const placed = hand && this.#room.entities().get(hand.id);
    const told = standing(placed);
    // Who only touched it has moved nothing, and what has been taken away or locked meanwhile stays so.
    if (!hand || !placed || !told || placed.locked || alike(told, hand.transform)) return;
    this.#left = { ...hand, until: nowMs + ECHO_MS };
    this.#room.act(standAt(hand.id, placed.entity, hand.transform));
  }

  dispose(): void {
    this.release(performance.now());
    this.boards.dispose();
    this.pages.dispose();
    this.group.removeFromParent();
  }
}

/** Where a board or page stands; undefined for all else. */
function standing(placed: Placed | undefined): Transform | undefined {
  return placed?.entity.type === 'board' || placed?.entity.type === 'page' ? placed.entity.transform : undefined;
}
