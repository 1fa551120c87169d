import { encode } from '../room/codec';
import type { PoseCarrier, PoseWay } from '../room/pose-way';

/** After nothing has come about, or what was open has broken, it is tried anew. */
const AGAIN_ms = 20_000;
/** The server says something each second by a line that is open; one that is silent for longer carries nothing. */
const SILENCE_ms = 2_500;
/** How often one says that one hears. */
const CONFIRM_EVERY_ms = 1_000;

/** What becomes of a carrier. */
export interface CarrierEvents {
  opened(): void;
  received(bytes: Uint8Array): void;
  /** It has not come about, or is no more. */
  broke(): void;
  /** This hospital has no such thing. */
  missing(): void;
}

/** What carries frames, from the moment on at which it is asked for. */
export interface Carrier {
  /** Sends a frame, or leaves it out where it would wait; `false` where nothing is open. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  close(): void;
}

/** One kind of carrier. */
export interface CarrierKind {
  readonly name: PoseCarrier;
  /** One that has not opened after this long does not. */
  readonly patience_ms: number;
  /** Whether this browser has it. */
  isHere(): boolean;
  open(participant: number, events: CarrierEvents): Carrier;
}

/** A line for poses beside the room's socket, by the first kind of carrier that opens. Nobody is asked anything for it. */
export class PoseLine implements PoseWay {
  #carrier: Carrier | undefined;
  #name: PoseCarrier | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts what was tried; what an older trial still hears does not matter. */
  #trial = 0;
  readonly #missing = new Set<CarrierKind>();

  constructor(
    private readonly kinds: readonly CarrierKind[],
    private readonly now: () => number = () => performance.now(),
  ) {}

  open(participant: number, received: (bytes: Uint8Array) => void): void {
    const kinds = this.kinds.filter((kind) => kind.isHere() && !this.#missing.has(kind));
    this.#try(kinds, participant, received);
  }

  #try([kind, ...others]: readonly CarrierKind[], participant: number, received: (bytes: Uint8Array) => void): void {
    this.close();
    if (!kind) return;
    const mine = this.#trial;
    let isOpen = false;
    const ifCurrent = (then: () => void) => () => {
      if (this.#trial === mine) then();
    };
    const again = (): void => {
      this.close();
      this.#after(AGAIN_ms, () => this.open(participant, received));
    };
    const next = (): void => (others.length > 0 ? this.#try(others, participant, received) : again());
    const broke = ifCurrent(() => (isOpen ? again() : next()));
    this.#after(kind.patience_ms, broke);
    this.#name = kind.name;
    this.#carrier = kind.open(participant, {
      opened: ifCurrent(() => {
        isOpen = true;
        clearTimeout(this.#timer);
      }),
      received: (bytes) => ifCurrent(() => this.#hear(bytes, received))(),
      broke,
      // What the hospital does not have it does not have in a moment either.
      missing: ifCurrent(() => {
        this.#missing.add(kind);
        const left = this.kinds.some((one) => one.isHere() && !this.#missing.has(one));
        if (left) next();
        else this.close();
      }),
    });
  }

  /** One thing is waited for at a time. */
  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #hear(bytes: Uint8Array, received: (bytes: Uint8Array) => void): void {
    const now = this.now();
    this.#heardAt = now;
    received(bytes);
    if (now - this.#confirmedAt < CONFIRM_EVERY_ms || bytes.byteLength < 5) return;
    this.#confirmedAt = now;
    // The tick that was heard last stands after the kind of frame.
    const nonce = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true);
    this.#carrier?.send(encode({ frame: 'ping', nonce }));
  }

  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (!this.#isHeard()) return false;
    return this.#carrier?.send(bytes) ?? false;
  }

  by(): PoseCarrier | undefined {
    return this.#isHeard() ? this.#name : undefined;
  }

  #isHeard(): boolean {
    return this.now() - this.#heardAt <= SILENCE_ms;
  }

  close(): void {
    this.#trial += 1;
    clearTimeout(this.#timer);
    const carrier = this.#carrier;
    this.#carrier = undefined;
    [this.#heardAt, this.#confirmedAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    carrier?.close();
  }
}
