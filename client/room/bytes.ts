/** Why a frame cannot be read; what it holds is not repeated. */
export class WireError extends Error {
  constructor(what: string, readonly at: number) {
    super(`read a frame at byte ${at}: ${what}`);
    this.name = 'WireError';
  }
}

/** Reads little-endian fields one after the other and never beyond the end. */
export class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  error(what: string): WireError {
    return new WireError(what, this.#at);
  }

  #step(count: number): number {
    const at = this.#at;
    if (at + count > this.#view.byteLength) throw this.error('the frame ends early');
    this.#at += count;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#step(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#step(2), true);
  }

  i16(): number {
    return this.#view.getInt16(this.#step(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#step(4), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#step(4), true);
  }

  /** A 64-bit count; above 2^53 a number is no longer exact, and refused. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#step(8), true);
    if (value > 2n ** 53n) throw this.error('a number above 2^53');
    return Number(value);
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw this.error('a flag that is neither 0 nor 1');
    return value === 1;
  }

  bytes(count: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#step(count), count);
  }

  json(count: number = this.#view.byteLength - this.#at): unknown {
    const bytes = this.bytes(count);
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      throw this.error('not the JSON expected');
    }
  }

  /** Whether nothing follows. */
  get atEnd(): boolean {
    return this.#at === this.#view.byteLength;
  }

  end(): void {
    if (!this.atEnd) throw this.error('bytes after the end of the frame');
  }
}

/** Writes little-endian fields one after the other. */
export class Writer {
  #view = new DataView(new ArrayBuffer(128));
  #length = 0;

  /** Makes room first: the view that is written to may be a new one afterwards. */
  #step(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#view.byteLength) {
      const larger = new Uint8Array(Math.max(this.#length, this.#view.byteLength * 2));
      larger.set(new Uint8Array(this.#view.buffer));
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  u8(value: number): this {
    const at = this.#step(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#step(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  i16(value: number): this {
    const at = this.#step(2);
    this.#view.setInt16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#step(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  f32(value: number): this {
    const at = this.#step(4);
    this.#view.setFloat32(at, value, true);
    return this;
  }

  u64(value: number): this {
    const at = this.#step(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#step(bytes.byteLength);
    new Uint8Array(this.#view.buffer).set(bytes, at);
    return this;
  }

  json(value: unknown): this {
    return this.bytes(new TextEncoder().encode(JSON.stringify(value)));
  }

  done(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer.slice(0, this.#length) as ArrayBuffer);
  }
}
