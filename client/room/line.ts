/** The part of a WebSocket that the room uses. */
export interface SocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export interface LineListener {
  opened(): void;
  received(bytes: Uint8Array): void;
  /** The line broke; it is being mended. */
  broke(): void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8_000;
/** The server says something at least each second; a line that is silent for so long is broken. */
const SILENCE_MS = 5_000;

/** A connection that comes back by itself, after waits that grow. */
export class Line {
  #socket: SocketLike | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #closed = false;

  constructor(
    private readonly open: () => SocketLike,
    private readonly listener: LineListener,
    private readonly now: () => number,
    private readonly random: () => number,
  ) {}

  connect(): void {
    if (this.#closed) return;
    const socket = this.open();
    this.#socket = socket;
    this.#heardAt = this.now();
    this.#watch = setInterval(() => {
      if (this.now() - this.#heardAt > SILENCE_MS) this.mend();
    }, 1_000);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.listener.opened();
    socket.onmessage = ({ data }) => {
      this.#heardAt = this.now();
      if (data instanceof ArrayBuffer) this.listener.received(new Uint8Array(data));
      else if (data instanceof Uint8Array) this.listener.received(data);
    };
    socket.onclose = () => this.mend();
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(bytes);
  }

  /** Says that the other end has answered: the next wait begins small again. */
  isWell(): void {
    this.#failures = 0;
  }

  /** Drops the connection and makes a new one after a while. */
  mend(): void {
    this.#drop();
    if (this.#closed) return;
    this.listener.broke();
    // Half of the wait is chance, so that a hospital does not come back all at once.
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures) * (0.5 + this.random() / 2);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  #drop(): void {
    clearInterval(this.#watch);
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
