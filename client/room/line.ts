/** The part of a WebSocket that the room uses. */
export interface SocketLike {
  binaryType: string;
  addEventListener(name: 'open' | 'close', listener: () => void): void;
  addEventListener(name: 'message', listener: (event: { data: unknown }) => void): void;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
}

export interface LineListener {
  opened(): void;
  received(bytes: Uint8Array): void;
  /** Time for a sign of life: the server ends a line that says nothing for long. */
  asked?(): void;
  /** The line broke, after the other end had answered by it or before; it is being mended. */
  broke(wasAnswered: boolean): void;
}

/** Closes a socket of one who leaves on purpose: the hospital keeps no seat for them, as it does where a line breaks. */
export const LEFT = 4000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8_000;
/** How often a way is tried before another is, and one that has carried before. */
const TRIES = 2;
const TRIES_OF_KNOWN = 6;
/** The server says something at least each second; a line that is silent for so many of the watch's rounds is broken. */
const SILENT_ROUNDS = 5;
const ROUND_MS = 1_000;
/** So often a sign of life goes out. */
const SIGN_EVERY_MS = 15_000;

/** A connection that comes back by itself, after waits that grow. */
export class Line {
  #socket: SocketLike | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #silentRounds = 0;
  #closed = false;
  /** Whether the other end has answered by this connection. */
  #answered = false;
  /** Connections in a row by this way to which nobody has answered. */
  #unanswered = 0;

  /** Which of the ways is taken: the first, and the others by turns while none has answered. */
  #way = 0;
  /** By which of them the other end has answered. */
  readonly #known = new Set<number>();

  constructor(
    private readonly ways: readonly (() => SocketLike)[],
    private readonly listener: LineListener,
    private readonly random: () => number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Which of the ways is taken now, from 0. */
  get way(): number {
    return this.#way % this.ways.length;
  }

  connect(): void {
    if (this.#closed) return;
    const open = this.ways[this.way];
    if (!open) return;
    const socket = open();
    this.#answered = false;
    this.#socket = socket;
    this.#silentRounds = 0;
    let signedAt = this.now();
    // Silence is counted in rounds, not time: a page that stood still while it drew has yet to hear what came meanwhile.
    // Signs go by time: of a page in the background rounds come once a minute.
    this.#watch = setInterval(() => {
      this.#silentRounds += 1;
      if (this.#silentRounds > SILENT_ROUNDS) return this.mend();
      if (!this.#answered || this.now() - signedAt < SIGN_EVERY_MS) return;
      signedAt = this.now();
      this.listener.asked?.();
    }, ROUND_MS);
    socket.binaryType = 'arraybuffer';
    // What a dropped connection still says is not heard.
    const ifCurrent = (then: () => void) => () => {
      if (this.#socket === socket) then();
    };
    socket.addEventListener('open', ifCurrent(() => this.listener.opened()));
    socket.addEventListener('close', ifCurrent(() => this.mend()));
    socket.addEventListener('message', ({ data }) => ifCurrent(() => this.#hear(data))());
  }

  #hear(data: unknown): void {
    this.#silentRounds = 0;
    if (data instanceof ArrayBuffer) this.listener.received(new Uint8Array(data));
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(bytes);
  }

  /** Says that the other end has answered: the next wait begins small again. */
  isWell(): void {
    this.#failures = 0;
    this.#answered = true;
    this.#known.add(this.way);
  }

  /** Drops the connection and makes a new one after a while. */
  mend(): void {
    this.#drop();
    if (this.#closed) return;
    this.listener.broke(this.#answered);
    // A way by which nobody has answered twice may not be there: some proxies let no WebSocket through. Each is tried
    // twice, since a hospital that is just starting answers by none. One that has carried is there, and comes back with
    // the network or the hospital: others are tried once in between, right after it, so that nobody goes on by a lesser
    // way because the line came back in that moment.
    this.#unanswered = this.#answered ? 0 : this.#unanswered + 1;
    const { way } = this;
    const isKnown = this.#known.has(way);
    const tries = isKnown ? TRIES_OF_KNOWN : this.#known.size > 0 ? 1 : TRIES;
    if (this.#unanswered >= tries) [this.#way, this.#unanswered] = [this.#way + 1, 0];
    // Half of the wait is chance, so that a hospital does not come back all at once.
    const wait = isKnown && this.way !== way ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures) * (0.5 + this.random() / 2);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  close(code?: number): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#drop(code);
  }

  #drop(code?: number): void {
    clearInterval(this.#watch);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(code);
  }
}
