import type { Transform } from '../core/frames';
import type { EntityId, Locked, Placed, RoomView } from './room-view';
import { alike } from './turning';

/** How long something stays where one's own hand has left it, before the server has answered. */
const ECHO_MS = 1500;
/** The room lets go of what is in the hand of a page that said nothing for 3 s; a page may not have heard of it yet. */
const STOOD_STILL_MS = 2_000;

/** What hands carry. */
export interface Holdable {
  /** Takes hold; false if it cannot be had. */
  grab(nowMs: number): boolean;
  carry(change: (transform: Transform) => Transform): void;
  release(nowMs: number): void;
}

/** Something in a hand, and where. */
export interface Held {
  readonly id: EntityId;
  readonly transform: Transform;
}

/** One's own hand on something that stands in the room: it is grabbed, streamed beside one's own poses, and released. */
export class OwnHand {
  /** Called when somebody else holds what one wanted to move. */
  onRefused: (by: string, id: EntityId) => void = () => undefined;
  /** Called when one wanted to move what is locked. */
  onLocked: (locked: Locked) => void = () => undefined;
  readonly #room: RoomView;
  #held: Held | undefined;
  /** Whether the room has said that the hold is one's own. */
  #confirmed = false;
  #left: (Held & { readonly until: number }) | undefined;
  /** When the room was last told where the hand is. */
  #saidAt = 0;

  constructor(room: RoomView) {
    this.#room = room;
  }

  get holding(): boolean {
    return this.#held !== undefined;
  }

  get held(): Held | undefined {
    return this.#held;
  }

  /** Where something is that the room has told to stand somewhere: where whoever moves it has it. */
  whereIs(id: EntityId, told: Transform, nowMs: number): Transform {
    if (this.#held?.id === id) return this.#held.transform;
    const held = this.#room.held(id, nowMs);
    if (held && held.by !== this.#room.selfId) return held.transform;
    if (this.#left?.id !== id) return told;
    if (nowMs > this.#left.until || alike(this.#left.transform, told)) this.#left = undefined;
    return this.#left?.transform ?? told;
  }

  /** Takes hold; false if something else is in it, or somebody else has it or has locked it. */
  grab(id: EntityId, nowMs: number): boolean {
    if (this.#held) return this.#held.id === id;
    const placed = this.#room.entities().get(id);
    const told = standing(placed);
    if (!told || this.#room.watching) return false;
    // The lock outlasts the hand of whoever locked it.
    if (placed?.locked) {
      this.onLocked(placed.locked);
      return false;
    }
    const held = this.#room.held(id, nowMs);
    if (held && held.by !== this.#room.selfId) {
      this.onRefused(held.by, id);
      return false;
    }
    this.#held = { id, transform: this.whereIs(id, told, nowMs) };
    this.#confirmed = false;
    this.#saidAt = nowMs;
    this.#room.act({ act: 'grab', id });
    return true;
  }

  /** Moves what is held. */
  carry(change: (transform: Transform) => Transform): void {
    if (this.#held) this.#held = { ...this.#held, transform: change(this.#held.transform) };
  }

  release(nowMs: number): void {
    const held = this.#held;
    this.#held = undefined;
    const placed = held && this.#room.entities().get(held.id);
    // What has been taken away or locked meanwhile the room has let go.
    if (!held || !placed || placed.locked) return;
    this.#left = { ...held, until: nowMs + ECHO_MS };
    // What was carried while the page stood still is not lost, unless somebody else took it meanwhile.
    if (nowMs - this.#saidAt > STOOD_STILL_MS) this.#room.act({ act: 'grab', id: held.id });
    this.#room.act({ act: 'release', id: held.id, transform: held.transform });
  }

  /** What it held or left is no longer what it is about. */
  forget(): void {
    [this.#held, this.#left] = [undefined, undefined];
  }

  /** What is to be said beside a pose; keeps hold of it, or gives way. */
  stream(): Held | undefined {
    if (!this.#held) return undefined;
    this.#saidAt = performance.now();
    this.#keep(this.#held.id);
    return this.#held;
  }

  /** The room lets go for a page that stood still or lost its line: takes hold again, or gives way to whoever has it now. */
  #keep(id: EntityId): void {
    const held = this.#room.held(id, performance.now());
    if (held?.by === this.#room.selfId) this.#confirmed = true;
    else if (held) {
      this.#held = undefined;
      this.onRefused(held.by, id);
    } else if (this.#room.entities().get(id)?.locked) this.#held = undefined;
    else if (this.#confirmed) {
      this.#confirmed = false;
      this.#room.act({ act: 'grab', id });
    }
  }
}

/** Where something stands that can be carried; undefined for all else. */
export function standing(placed: Placed | undefined): Transform | undefined {
  return placed && 'transform' in placed.entity ? placed.entity.transform : undefined;
}
