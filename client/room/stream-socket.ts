import { LEFT, type SocketLike } from './line';

/** What the browser fetches by; tests put another in its place. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A frame is at most so long that its length fits into two bytes, and a body at most so long. */
const BODY_bytes = 48 * 1024;
/** The first byte of a pose: of these only the latest counts. */
const POSE = 0x02;
const LEAVING_ms = 5_000;
/** Events and requests go by connections of their own: one of them can be dead while the other is well. A request that is
 * not answered for so long has no way. */
const PATIENCE_ms = 20_000;

/**
 * A socket where no WebSocket opens: frames of the server come as a stream of events, the client's go by requests of
 * their own, one after the other, so that they stay in order.
 */
export class StreamSocket implements SocketLike {
  binaryType = 'arraybuffer';
  readonly #listeners = new Map<string, (event: { data: unknown }) => void>();
  readonly #ended = new AbortController();
  #line: string | undefined;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #isSending = false;
  /** Requests that were sent, so that the hospital hears each once and in its turn. */
  #count = 0;
  #isOpen = false;

  constructor(
    private readonly path: string,
    private readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init),
  ) {
    queueMicrotask(() => this.#emit('open'));
  }

  addEventListener(name: string, listener: (event: { data: unknown }) => void): void {
    this.#listeners.set(name, listener);
  }

  #emit(name: string, data?: unknown): void {
    if (!this.#ended.signal.aborted) this.#listeners.get(name)?.({ data });
  }

  /** The first frame opens the stream. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#listen(bytes).then(
        () => this.#break(),
        () => this.#break(),
      );
      return;
    }
    // A pose that still waits is overtaken by the next.
    if (bytes[0] === POSE && this.#waiting.at(-1)?.[0] === POSE) this.#waiting.pop();
    this.#waiting.push(bytes);
    void this.#flush();
  }

  close(code?: number): void {
    if (code !== LEFT || this.#line === undefined) return this.#ended.abort();
    // Said before the stream ends: one that breaks keeps the seat.
    const end = (): void => {
      clearTimeout(longest);
      this.#ended.abort();
    };
    // By a line that carries nothing any more it cannot be said.
    const longest = setTimeout(end, LEAVING_ms);
    this.#request('DELETE', 'stream', { 'x-yuanyi-line': this.#line }).then(end, end);
  }

  #break(): void {
    this.#emit('close');
    this.#ended.abort();
  }

  async #listen(hello: Uint8Array<ArrayBuffer>): Promise<void> {
    const answer = await this.#post('stream', hello, {});
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (!reader) return;
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (text + value).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) this.#hear(event);
    }
  }

  #hear(event: string): void {
    const fields = new Map(event.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
    const data = fields.get('data');
    if (data === undefined) return;
    if (fields.get('event') === 'line') {
      this.#line = data;
      void this.#flush();
    } else {
      this.#emit('message', Uint8Array.from(atob(data), (char) => char.charCodeAt(0)).buffer);
    }
  }

  /** Sends what waits: everything at once, and the next when that has come. */
  async #flush(): Promise<void> {
    if (this.#isSending || this.#line === undefined || this.#ended.signal.aborted) return;
    this.#isSending = true;
    try {
      while (this.#waiting.length > 0) await this.#sendWhatWaits(this.#line);
    } catch {
      // Nobody knows what of it has come; whoever comes back to their seat asks.
      this.#break();
    } finally {
      this.#isSending = false;
    }
  }

  async #sendWhatWaits(line: string): Promise<void> {
    const longest = setTimeout(() => this.#break(), PATIENCE_ms);
    try {
      await this.#post('frames', this.#take(), { 'x-yuanyi-line': line, 'x-yuanyi-number': String((this.#count += 1)) });
    } finally {
      clearTimeout(longest);
    }
  }

  /** The frames of one body, each after its length. */
  #take(): Uint8Array<ArrayBuffer> {
    let length = 0;
    let count = 0;
    for (const frame of this.#waiting) {
      if (count > 0 && length + 2 + frame.byteLength > BODY_bytes) break;
      length += 2 + frame.byteLength;
      count += 1;
    }
    const body = new Uint8Array(length);
    let at = 0;
    for (const frame of this.#waiting.splice(0, count)) {
      new DataView(body.buffer).setUint16(at, frame.byteLength, true);
      body.set(frame, at + 2);
      at += 2 + frame.byteLength;
    }
    return body;
  }

  #post(what: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<Response> {
    return this.#request('POST', what, { 'content-type': 'application/octet-stream', ...headers }, body);
  }

  async #request(method: string, what: string, headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>): Promise<Response> {
    const own = { 'x-yuanyi-client': '1', ...headers };
    const answer = await this.fetch(`${this.path}/${what}`, { method, body: body ?? null, headers: own, signal: this.#ended.signal });
    if (!answer.ok) throw new Error('the request was refused');
    return answer;
  }
}
