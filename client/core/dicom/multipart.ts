/** Reads `multipart/related` as it streams by (RFC 2387): one part after the other. */

export interface Part {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The boundary that a content type names; `undefined` where the body is no multipart. */
export function boundaryOf(contentType: string | null): string | undefined {
  const [, quoted, plain] = /^multipart\/[^;]+;.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? '') ?? [];
  return quoted ?? plain;
}

const CR = 13;
const LF = 10;
const DASH = 45;

export class MultipartReader {
  readonly #boundary: Uint8Array;
  /** Bytes that are not dealt with yet: `#held` of `#bytes`, from `#at` on. */
  #bytes = new Uint8Array(1 << 16);
  #held = 0;
  #ended = false;
  /** From where on the boundary is looked for, so that long parts are searched once. */
  #searched = 0;

  constructor(boundary: string) {
    this.#boundary = new TextEncoder().encode(`--${boundary}`);
  }

  /** Whether the closing boundary has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the next bytes and gives the parts that they complete. */
  push(chunk: Uint8Array): readonly Part[] {
    this.#keep(chunk);
    const parts: Part[] = [];
    for (let part = this.#next(); part; part = this.#next()) parts.push(part);
    return parts;
  }

  #keep(chunk: Uint8Array): void {
    if (this.#held + chunk.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#held + chunk.length));
      larger.set(this.#bytes.subarray(0, this.#held));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#held);
    this.#held += chunk.length;
  }

  #next(): Part | undefined {
    if (this.#ended) return undefined;
    const start = this.#find(this.#boundary, 0);
    if (start < 0) return undefined;
    const after = start + this.#boundary.length;
    if (this.#held < after + 2) return undefined;
    if (this.#bytes[after] === DASH && this.#bytes[after + 1] === DASH) {
      this.#ended = true;
      return undefined;
    }
    const head = this.#find(Uint8Array.of(CR, LF, CR, LF), after);
    if (head < 0) return undefined;
    const headers = new TextDecoder().decode(this.#bytes.subarray(after, head));
    const from = head + 4;
    const end = this.#endOf(from, headers);
    if (end === undefined) return undefined;
    const bytes = this.#bytes.slice(from, end);
    // What is behind moves to the front; it is at most one chunk.
    this.#bytes.copyWithin(0, end, this.#held);
    this.#held -= end;
    this.#searched = 0;
    return { type: /content-type:\s*([^\r\n]+)/i.exec(headers)?.[1]?.trim() ?? '', bytes };
  }

  /** Where the part ends: as its length says, else in front of the next boundary. */
  #endOf(from: number, headers: string): number | undefined {
    const [, length] = /content-length:\s*(\d+)/i.exec(headers) ?? [];
    if (length !== undefined) return this.#held >= from + Number(length) ? from + Number(length) : undefined;
    const next = this.#find(this.#boundary, Math.max(from, this.#searched));
    if (next < 0) {
      this.#searched = Math.max(from, this.#held - this.#boundary.length);
      return undefined;
    }
    // The line break in front belongs to the boundary.
    return this.#bytes[next - 2] === CR && this.#bytes[next - 1] === LF ? next - 2 : next;
  }

  #find(what: Uint8Array, from: number): number {
    const [first] = what;
    const last = this.#held - what.length;
    for (let at = this.#bytes.indexOf(first ?? 0, from); at >= 0 && at <= last; at = this.#bytes.indexOf(first ?? 0, at + 1)) {
      if (what.every((byte, i) => this.#bytes[at + i] === byte)) return at;
    }
    return -1;
  }
}
