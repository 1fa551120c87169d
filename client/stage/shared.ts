import type { Transform } from '../core/frames';
import type { EntityId, Hologram, HologramPatch, Locked, Poses, RoomView } from './room-view';
import { alike } from './turning';

/** How long one's own change is shown before the server has answered. */
const ECHO_MS = 1500;
/** Changes while dragging go out at most this often; the room takes 40 acts a second. */
const ACT_EVERY_MS = 80;
/** The room lets go of what is in the hand of a page that said nothing for 3 s; a page may not have heard of it yet. */
const STOOD_STILL_MS = 2_000;
/** A turn by key or wheel lets go of the hologram when this long nothing more came. */
const LET_GO_MS = 260;

/**
 * The hologram that all share, as it is to be drawn: the server's word, or for a moment one's own.
 * Its transform is grabbed, streamed and released; all else is set.
 */
export class SharedHologram {
  /** Called when somebody else holds the hologram that one wanted to move. */
  onRefused: (by: string) => void = () => undefined;
  /** Called when one wanted to move what is locked. */
  onLocked: (locked: Locked) => void = () => undefined;
  /** Called when one's own change is to be shown before the server's answer, and when that is over. */
  onEcho: () => void = () => undefined;
  readonly #room: RoomView;
  /** Of which hologram all that follows is. */
  #id: EntityId | undefined;
  #echo: { patch: Partial<Hologram>; until: number } = { patch: {}, until: 0 };
  #hand: Transform | undefined;
  /** Whether the room has said that the hold is one's own. */
  #confirmed = false;
  #left: { transform: Transform; until: number } | undefined;
  #letGo: ReturnType<typeof setTimeout> | undefined;
  #waiting: Partial<Hologram> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fade: ReturnType<typeof setTimeout> | undefined;
  #sentAt = -Infinity;
  /** When the room was last told where the hand is. */
  #saidAt = 0;

  constructor(room: RoomView) {
    this.#room = room;
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
    return this.#hand !== undefined;
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
    if (this.#hand) return { id, state, transform: this.#hand };
    const held = this.#room.held(id, nowMs);
    if (held && held.by !== this.#room.selfId) return { id, state, transform: held.transform };
    if (this.#left && (nowMs > this.#left.until || alike(this.#left.transform, entity.transform))) this.#left = undefined;
    return { id, state, transform: this.#left?.transform ?? entity.transform };
  }

  /** Takes hold; false if somebody else has it. */
  grab(nowMs: number): boolean {
    if (this.#hand) return true;
    if (this.watching) return false;
    const now = this.now(nowMs);
    if (!now) return false;
    // The lock outlasts the hand of whoever locked it.
    const locked = this.locked;
    if (locked) {
      this.onLocked(locked);
      return false;
    }
    const held = this.#room.held(now.id, nowMs);
    if (held && held.by !== this.#room.selfId) {
      this.onRefused(held.by);
      return false;
    }
    this.#hand = now.transform;
    this.#confirmed = false;
    this.#saidAt = nowMs;
    this.#room.act({ act: 'grab', id: now.id });
    return true;
  }

  /** Moves what is held. */
  carry(change: (transform: Transform) => Transform): void {
    if (this.#hand) this.#hand = change(this.#hand);
  }

  release(nowMs: number): void {
    clearTimeout(this.#letGo);
    const found = this.entity;
    if (found) this.#follow(found[0]);
    if (!this.#hand || !found) return;
    this.#left = { transform: this.#hand, until: nowMs + ECHO_MS };
    // What was carried while the page stood still is not lost, unless somebody else took it meanwhile.
    if (nowMs - this.#saidAt > STOOD_STILL_MS) this.#room.act({ act: 'grab', id: found[0] });
    this.#room.act({ act: 'release', id: found[0], transform: this.#hand });
    this.#hand = undefined;
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

  /** Tells the room where one is, and where one has the hologram. */
  stream(poses: Poses): void {
    const found = this.entity;
    if (this.#hand) this.#saidAt = performance.now();
    if (this.#hand && found) this.#keepHold(found[0]);
    if (this.#hand && found) this.#room.pose(poses, { hologram: found[0], transform: this.#hand });
    else this.#room.pose(poses);
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
    [this.#id, this.#echo, this.#hand, this.#left, this.#waiting] = [id, { patch: {}, until: 0 }, undefined, undefined, undefined];
  }

  /** The room lets go for a page that stood still or lost its line: takes hold again, or gives way to whoever has it now. */
  #keepHold(id: EntityId): void {
    const held = this.#room.held(id, performance.now());
    if (held?.by === this.#room.selfId) this.#confirmed = true;
    else if (held) {
      this.#hand = undefined;
      this.onRefused(held.by);
    } else if (this.#confirmed) {
      this.#confirmed = false;
      this.#room.act({ act: 'grab', id });
    }
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
