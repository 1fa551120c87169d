/** Gathers objects into requests of a few megabytes, so that little is lost when the line breaks. */

export const BATCH_BYTES = 4 << 20;
export const BATCH_OBJECTS = 64;

export class Batcher<Item extends { readonly size: number }> {
  #waiting: Item[] = [];
  #bytes = 0;

  constructor(
    readonly mostBytes = BATCH_BYTES,
    readonly mostItems = BATCH_OBJECTS,
  ) {}

  /** Takes an item; gives a batch that is full without it, or with it. */
  add(item: Item): readonly (readonly Item[])[] {
    const batches: (readonly Item[])[] = [];
    if (this.#waiting.length > 0 && this.#bytes + item.size > this.mostBytes) batches.push(this.flush());
    this.#waiting.push(item);
    this.#bytes += item.size;
    if (this.#bytes >= this.mostBytes || this.#waiting.length >= this.mostItems) batches.push(this.flush());
    return batches;
  }

  /** What waits. */
  flush(): readonly Item[] {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    return batch;
  }
}

/** How fast bytes went lately. */
export class Rate {
  readonly #steps: { at_ms: number; bytes: number }[] = [];

  constructor(readonly window_ms = 10_000) {}

  /** Notes how many bytes are through in all. */
  note(bytes: number, at_ms: number): void {
    this.#steps.push({ at_ms, bytes });
    while (this.#steps.length > 2 && at_ms - (this.#steps[0]?.at_ms ?? at_ms) > this.window_ms) this.#steps.shift();
  }

  /** Bytes a second; `undefined` until there is something to go by. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#steps[0], this.#steps.at(-1)];
    if (!first || !last || last.at_ms <= first.at_ms) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.at_ms - first.at_ms);
  }

  /** A pause is no slowness. */
  restart(): void {
    this.#steps.length = 0;
  }
}
