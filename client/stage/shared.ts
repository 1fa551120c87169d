import type { Transform } from '../core/frames';
import { type Holdable, OwnHand } from './own-hand';
import type { EntityId, Hologram, HologramPatch, Locked, RoomView } from './room-view';

/** How long one's own change is shown before the server has answered. */
const ECHO_MS = 1500;
/** Changes while dragging go out at most this often; the room takes 40 acts a second. */
const ACT_EVERY_MS = 80;
/** A turn by key or wheel lets go of the hologram when this long nothing more came. */
const LET_GO_MS = 260;

/**
 * The hologram that all share, as it is to be drawn: the server's word, or for a moment one's own.
 * Its transform is grabbed, streamed and released; all else is set.
 */
export class SharedHologram implements Holdable {
  /** Called when one's own change is to be shown before the server's answer, and when that is over. */
  onEcho: () => void = () => undefined;
  readonly hand: OwnHand;
  readonly #room: RoomView;
  /** Of which hologram all that follows is. */
  #id: EntityId | undefined;
  #echo: { patch: Partial<Hologram>; until: number } = { patch: {}, until: 0 };
  #letGo: ReturnType<typeof setTimeout> | undefined;
  #waiting: Partial<Hologram> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fade: ReturnType<typeof setTimeout> | undefined;
  #sentAt = -Infinity;

  constructor(room: RoomView) {
    this.#room = room;
    this.hand = new OwnHand(room);
  }

  /** The hologram that stands in the room; others lie on the shelf. */
  get entity(): readonly [EntityId, Hologram] | undefined {
    for (const [id, placed] of this.#room.entities()) if (placed.entity.type === 'hologram' && !placed.entity.shelved) return [id, placed.entity];
    return undefined;
  }

  /** Who has locked it, if anybody has. */
  get locked(): Locked | undefined {
    const found = this.entity;
    return found && this.#room.entities().get(found[0])?.locked;
  }

  /** Nothing that is done here changes the room. */
  get watching(): boolean {
    return this.#room.watching ?? false;
  }

  get holding(): boolean {
    return this.hand.holding;
  }

  /** What the hologram is at this moment, changes included that no frame has drawn yet: the next change builds on it. */
  get state(): Hologram | undefined {
    return this.now(performance.now())?.state;
  }

  /** The hologram now, with its transform where whoever moves it has it. */
  now(nowMs: number): { id: EntityId; state: Hologram; transform: Transform } | undefined {
    const found = this.entity;
    if (!found) return undefined;
    const [id, entity] = found;
    this.#follow(id);
    const state = nowMs < this.#echo.until ? { ...entity, ...this.#echo.patch } : entity;
    return { id, state, transform: this.hand.whereIs(id, entity.transform, nowMs) };
  }

  /** Takes hold; false if somebody else has it. */
  grab(nowMs: number): boolean {
    const now = this.now(nowMs);
    return now !== undefined && this.hand.grab(now.id, nowMs);
  }

  /** Moves what is held. */
  carry(change: (transform: Transform) => Transform): void {
    this.hand.carry(change);
  }

  release(nowMs: number): void {
    clearTimeout(this.#letGo);
    const found = this.entity;
    if (found) this.#follow(found[0]);
    this.hand.release(nowMs);
  }

  /** One step by key, wheel or button: grabs, moves, and lets go when no more steps come. */
  nudge(change: (transform: Transform) => Transform): void {
    if (!this.grab(performance.now())) return;
    this.carry(change);
    clearTimeout(this.#letGo);
    this.#letGo = setTimeout(() => this.release(performance.now()), LET_GO_MS);
  }

  /** Sets fields for everybody; seen here at once, sent at a bearable pace. */
  set(patch: Partial<Omit<Hologram, 'type' | 'series' | 'transform'>>): void {
    if (this.watching) return;
    const now = performance.now();
    const standing = this.entity?.[0];
    if (standing !== undefined) this.#follow(standing);
    const layers = patch.layers ? { layers: { ...this.entity?.[1].layers, ...this.#echo.patch.layers, ...patch.layers } } : {};
    const kept = now < this.#echo.until ? this.#echo.patch : {};
    this.#echo = { patch: { ...kept, ...patch, ...layers }, until: now + ECHO_MS };
    this.#waiting = { ...this.#waiting, ...patch, ...(patch.layers ? { layers: { ...this.#waiting?.layers, ...patch.layers } } : {}) };
    this.onEcho();
    clearTimeout(this.#fade);
    this.#fade = setTimeout(() => this.onEcho(), ECHO_MS + 10);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#send(), Math.max(0, this.#sentAt + ACT_EVERY_MS - now));
  }

  dispose(): void {
    this.release(performance.now());
    if (this.#waiting) this.#send();
    clearTimeout(this.#timer);
    clearTimeout(this.#fade);
  }

  /** What was changed or held of other images is no change of these. */
  #follow(id: EntityId): void {
    if (id === this.#id) return;
    [this.#id, this.#echo, this.#waiting] = [id, { patch: {}, until: 0 }, undefined];
    this.hand.forget();
  }

  #send(): void {
    this.#timer = undefined;
    this.#sentAt = performance.now();
    const found = this.entity;
    const patch = this.#waiting;
    this.#waiting = undefined;
    if (found && patch && found[0] === this.#id) this.#room.act({ act: 'set', id: found[0], patch: { type: 'hologram', ...patch } as HologramPatch });
  }
}
