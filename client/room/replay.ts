/** A recording in place of a socket: the room's client gets the frames that were recorded, at the pace of a clock that
 * stands, runs at any speed and leaps. */
import type { RecordingPart } from '../../contract/recordings';
import { Emitter } from '../core/emitter';
import type { SocketLike } from './line';
import { framesOf } from './recording';
import type { SeenFrame } from './recording';
import { RoomClient } from './room-client';

export const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4, 8] as const;
export type Speed = (typeof SPEEDS)[number];

/** How long a line may be silent, by the client's own watch, is more than this. */
const QUIET_MS = 1_000;
const PONG = new Uint8Array([0x85, 0, 0, 0, 0, 0, 0, 0, 0]);
/** Parts that stay at hand around the one that is shown. */
const KEPT_PARTS = 4;

export interface ReplayEvents {
  /** The clock, the speed, or whether it runs or waits for a part has changed. */
  change: undefined;
  /** The clock leapt, stood still, or runs again: sound begins anew. */
  leap: undefined;
  /** A part could not be had. */
  failed: unknown;
}

/** The socket's end of a recording. */
class RecordedSocket implements SocketLike {
  binaryType = '';
  readonly #listeners = new Map<string, (event: { data: unknown }) => void>();

  addEventListener(name: string, listener: (event: { data: unknown }) => void): void {
    this.#listeners.set(name, listener);
    if (name === 'open') queueMicrotask(() => listener({ data: undefined }));
  }

  /** What somebody asks who only looks on is heard by nobody. */
  send(): void {
    return undefined;
  }

  close(): void {
    this.#listeners.clear();
  }

  deliver(bytes: Uint8Array): void {
    this.#listeners.get('message')?.({ data: bytes.slice().buffer });
  }
}

export class Replay {
  readonly client: RoomClient;
  readonly events = new Emitter<ReplayEvents>();
  readonly #parts: readonly RecordingPart[];
  readonly #load: (part: number) => Promise<Uint8Array>;
  readonly #now: () => number;
  readonly #held = new Map<number, Promise<SeenFrame[]>>();
  readonly #quiet: ReturnType<typeof setInterval>;
  #socket = new RecordedSocket();
  #at = 0;
  #speed: Speed = 1;
  #playing = false;
  #waiting = false;
  /** The part that is shown, its frames, and how many of them the client has. */
  #part = -1;
  #frames: SeenFrame[] = [];
  #given = 0;
  #last = 0;
  /** Counts leaps: what was asked for before the last one comes too late. */
  #leaps = 0;

  constructor(room: string, parts: readonly RecordingPart[], load: (part: number) => Promise<Uint8Array>, now: () => number = () => performance.now()) {
    [this.#parts, this.#load, this.#now] = [parts, load, now];
    this.client = new RoomClient(room, { socket: () => this.#open(), now: () => this.#at, store: undefined });
    this.client.connect();
    this.#quiet = setInterval(() => this.#socket.deliver(PONG), QUIET_MS);
  }

  #open(): SocketLike {
    this.#socket = new RecordedSocket();
    // A client that begins anew is given the part anew.
    this.#part = -1;
    return this.#socket;
  }

  /** Where the clock stands, in milliseconds since the recording began. */
  get at_ms(): number {
    return this.#at;
  }

  get duration_ms(): number {
    return this.#parts.at(-1)?.to_ms ?? 0;
  }

  get playing(): boolean {
    return this.#playing;
  }

  /** A part is on its way. */
  get waiting(): boolean {
    return this.#waiting;
  }

  get speed(): Speed {
    return this.#speed;
  }

  set speed(speed: Speed) {
    this.#speed = speed;
    this.#tell(true);
  }

  play(): void {
    if (this.#at >= this.duration_ms) void this.seek(0);
    this.#playing = true;
    this.#last = this.#now();
    this.#tell(true);
  }

  pause(): void {
    this.#playing = false;
    this.#tell(true);
  }

  /** Shows the room as it was at a time. */
  async seek(to_ms: number): Promise<void> {
    this.#leaps += 1;
    const leap = this.#leaps;
    const at = Math.min(this.duration_ms, Math.max(0, to_ms));
    const index = this.#indexAt(at);
    this.#at = at;
    this.#waiting = true;
    this.#tell(true);
    const frames = await this.#framesOf(index);
    if (leap !== this.#leaps) return;
    this.#waiting = false;
    if (frames) this.#show(index, frames, at);
    this.#last = this.#now();
    this.#tell(true);
  }

  /** Lets time pass; called with each drawn frame. */
  advance(): void {
    const now = this.#now();
    const passed = now - this.#last;
    this.#last = now;
    if (!this.#playing || this.#waiting) return;
    if (this.#part < 0) return void this.seek(this.#at);
    const part = this.#parts[this.#part];
    const wanted = Math.min(this.duration_ms, this.#at + passed * this.#speed);
    // The clock waits at the end of a part for the next one.
    const next = this.#parts[this.#part + 1];
    const end = next?.from_ms ?? part?.to_ms ?? 0;
    this.#give(Math.min(wanted, end));
    this.#at = Math.min(wanted, end);
    if (next && wanted >= end) void this.#goOn(this.#part + 1);
    else if (wanted >= this.duration_ms) this.pause();
    if (next) void this.#framesOf(this.#part + 1);
    this.events.emit('change', undefined);
  }

  close(): void {
    clearInterval(this.#quiet);
    this.client.close();
    this.events.clear();
  }

  /** Begins a part that follows the one before: the room goes on, and needs not be shown anew. */
  async #goOn(index: number): Promise<void> {
    const leap = this.#leaps;
    this.#waiting = true;
    const frames = await this.#framesOf(index);
    if (leap !== this.#leaps) return;
    this.#waiting = false;
    this.#last = this.#now();
    if (!frames) return this.pause();
    [this.#part, this.#frames] = [index, frames];
    this.#given = frames.findIndex((frame) => !frame.key);
    if (this.#given < 0) this.#given = frames.length;
  }

  /** Gives the client a part from its beginning up to a time. */
  #show(index: number, frames: SeenFrame[], at: number): void {
    [this.#part, this.#frames, this.#given] = [index, frames, 0];
    this.#give(at, true);
    this.#at = at;
  }

  #give(to_ms: number, keys = false): void {
    const rest = this.#frames.slice(this.#given);
    const later = rest.findIndex((frame) => frame.at_ms > to_ms && !(keys && frame.key));
    const due = later < 0 ? rest : rest.slice(0, later);
    this.#given += due.length;
    for (const frame of due) {
      // Each comes at its own time, so that movements between them are what they were.
      this.#at = frame.at_ms;
      this.#socket.deliver(frame.bytes);
    }
  }

  #indexAt(at_ms: number): number {
    const after = this.#parts.findIndex((part) => part.from_ms > at_ms);
    return Math.max(0, (after < 0 ? this.#parts.length : after) - 1);
  }

  async #framesOf(index: number): Promise<SeenFrame[] | undefined> {
    const part = this.#parts[index];
    if (!part) return undefined;
    let frames = this.#held.get(index);
    if (!frames) {
      frames = this.#load(part.number).then(framesOf);
      this.#held.set(index, frames);
      for (const far of [...this.#held.keys()].filter((one) => Math.abs(one - index) > KEPT_PARTS)) this.#held.delete(far);
    }
    try {
      return await frames;
    } catch (error) {
      this.#held.delete(index);
      this.events.emit('failed', error);
      return undefined;
    }
  }

  #tell(leaps: boolean): void {
    this.events.emit('change', undefined);
    if (leaps) this.events.emit('leap', undefined);
  }
}
