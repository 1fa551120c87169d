/** Keeps frames within a bound and loads ahead of whoever scrolls: nearest first, in the direction of travel. */
import { Emitter } from '../core/emitter';
import { weightOf } from './pixels';
import type { Pixels } from './pixels';

/** Loads one picture; rejects when it cannot be had. */
export type LoadPixels = (index: number, signal: AbortSignal) => Promise<Pixels>;

export interface CacheEvents {
  /** A picture has come. */
  arrived: number;
  /** A picture cannot be had; it is asked for again when it is shown again. */
  failed: number;
}

export interface CacheOptions {
  readonly mostBytes: number;
  /** Pictures that are under way at once. */
  readonly lanes: number;
  /** How many pictures are loaded ahead, and how many behind. */
  readonly ahead: number;
  readonly behind: number;
}

const MIB = 1 << 20;
const memory_GiB = typeof navigator === 'undefined' ? undefined : (Reflect.get(navigator, 'deviceMemory') as unknown);
export const DEFAULT_OPTIONS: CacheOptions = {
  // A phone with 2 GiB must keep most of them for itself.
  mostBytes: (typeof memory_GiB === 'number' && memory_GiB <= 2 ? 96 : 320) * MIB,
  lanes: 4,
  ahead: 24,
  behind: 8,
};

/** Numbers in the order in which they are wanted: what is shown, then outward, further in the direction of travel. */
export function wanted(at: number, count: number, forward: boolean, options: Pick<CacheOptions, 'ahead' | 'behind'>): readonly number[] {
  const order = [at];
  const way = forward ? 1 : -1;
  for (let step = 1; step <= Math.max(options.ahead, options.behind); step++) {
    if (step <= options.ahead) order.push(at + way * step);
    if (step <= options.behind) order.push(at - way * step);
  }
  return order.filter((index) => index >= 0 && index < count);
}

export class FrameCache {
  readonly events = new Emitter<CacheEvents>();
  /** In the order of their last use, the oldest first. */
  readonly #held = new Map<number, Pixels>();
  readonly #running = new Map<number, AbortController>();
  readonly #failed = new Map<number, unknown>();
  #bytes = 0;
  #at = 0;
  #forward = true;

  constructor(
    readonly count: number,
    readonly load: LoadPixels,
    readonly options: CacheOptions = DEFAULT_OPTIONS,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** The picture if it is here. */
  get(index: number): Pixels | undefined {
    const pixels = this.#held.get(index);
    if (!pixels) return undefined;
    this.#held.delete(index);
    this.#held.set(index, pixels);
    return pixels;
  }

  /** Why a picture cannot be had. */
  failureOf(index: number): unknown {
    return this.#failed.get(index);
  }

  /** Says which picture is looked at. */
  focus(index: number): void {
    if (index !== this.#at) this.#forward = index > this.#at;
    this.#at = index;
    this.#failed.delete(index);
    this.#pump();
  }

  /** Ends all loading and lets go of everything. */
  dispose(): void {
    for (const stop of this.#running.values()) stop.abort();
    this.#running.clear();
    for (const pixels of this.#held.values()) letGo(pixels);
    this.#held.clear();
    this.#bytes = 0;
    this.events.clear();
  }

  #pump(): void {
    const order = wanted(this.#at, this.count, this.#forward, this.options);
    // What nobody is near any more makes room for what is looked at.
    for (const [index, stop] of this.#running) {
      if (order.includes(index)) continue;
      stop.abort();
      this.#running.delete(index);
    }
    for (const index of order) {
      if (this.#running.size >= this.options.lanes) {
        // What is shown waits for nobody.
        if (index !== this.#at || this.#held.has(index) || this.#running.has(index)) break;
      }
      if (this.#held.has(index) || this.#running.has(index) || this.#failed.has(index)) continue;
      // Loading ahead must not push out what was loaded ahead before.
      if (index !== this.#at && this.#bytes >= this.options.mostBytes * 0.9 && this.#evictable(order) === undefined) break;
      void this.#fetch(index);
    }
  }

  async #fetch(index: number): Promise<void> {
    const stop = new AbortController();
    this.#running.set(index, stop);
    try {
      const pixels = await this.load(index, stop.signal);
      if (stop.signal.aborted) return letGo(pixels);
      this.#keep(index, pixels);
      this.events.emit('arrived', index);
    } catch (error) {
      if (stop.signal.aborted) return;
      this.#failed.set(index, error);
      this.events.emit('failed', index);
    } finally {
      if (this.#running.get(index) === stop) this.#running.delete(index);
    }
    this.#pump();
  }

  #keep(index: number, pixels: Pixels): void {
    this.#held.set(index, pixels);
    this.#bytes += weightOf(pixels);
    const near = wanted(this.#at, this.count, this.#forward, this.options);
    while (this.#bytes > this.options.mostBytes && this.#held.size > 1) {
      const victim = this.#evictable(near) ?? [...this.#held.keys()].find((one) => one !== this.#at && one !== index);
      if (victim === undefined) return;
      this.#drop(victim);
    }
  }

  /** The picture that was used longest ago among those that nobody is near. */
  #evictable(near: readonly number[]): number | undefined {
    return [...this.#held.keys()].find((index) => !near.includes(index));
  }

  #drop(index: number): void {
    const pixels = this.#held.get(index);
    if (!pixels) return;
    this.#held.delete(index);
    this.#bytes -= weightOf(pixels);
    letGo(pixels);
  }
}

function letGo(pixels: Pixels): void {
  if (pixels.kind === 'picture') pixels.bitmap.close();
}
