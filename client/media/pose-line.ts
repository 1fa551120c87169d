import type { MediaAnswer, MediaDoor } from '../../contract/media';
import { encode } from '../room/codec';
import type { PoseWay } from '../room/pose-way';

/** The server's calls for a line of poses. */
export interface PoseDoors {
  door(): Promise<MediaDoor>;
  offer(offer: { participant: number; sdp: string }): Promise<MediaAnswer>;
}

/** A line that has not come about after this long does not. */
const PATIENCE_ms = 15_000;
/** After a line has not come about, or has broken, another is tried. */
const AGAIN_ms = 20_000;
/** The server says something each second by a line that is open; one that is silent for longer carries nothing. */
const SILENCE_ms = 2_500;
/** How often one says that one hears. */
const CONFIRM_EVERY_ms = 1_000;
/** What may wait in the browser before poses are left out: later ones say more. */
const WAITING_bytes = 600;

interface Trial {
  isCurrent(): boolean;
  again(): void;
}

/** Poses as datagrams: a data channel without order and without repetition, for which nobody is asked anything. */
export class PoseLine implements PoseWay {
  #peer: RTCPeerConnection | undefined;
  #channel: RTCDataChannel | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts what was tried; what an older trial still hears does not matter. */
  #trial = 0;

  constructor(
    private readonly doors: PoseDoors,
    private readonly now: () => number = () => performance.now(),
  ) {}

  open(participant: number, received: (bytes: Uint8Array) => void): void {
    this.close();
    if (!('RTCPeerConnection' in globalThis)) return;
    const mine = this.#trial;
    const isCurrent = (): boolean => this.#trial === mine;
    const again = (): void => {
      if (!isCurrent()) return;
      this.#channel = undefined;
      this.#after(AGAIN_ms, () => this.open(participant, received));
    };
    this.#after(PATIENCE_ms, again);
    this.#negotiate(participant, received, { isCurrent, again }).catch(again);
  }

  /** One thing is waited for at a time. */
  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  async #negotiate(participant: number, received: (bytes: Uint8Array) => void, { isCurrent, again }: Trial): Promise<void> {
    const door = await this.doors.door();
    if (!isCurrent()) return;
    // A hospital without the port has none in a moment either.
    if (!door.open) return clearTimeout(this.#timer);
    const peer = new RTCPeerConnection({ iceServers: door.relays.map(({ urls, username, credential }) => ({ urls, username, credential })) });
    this.#peer = peer;
    const channel = peer.createDataChannel('poses', { ordered: false, maxRetransmits: 0 });
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => {
      if (!isCurrent()) return;
      clearTimeout(this.#timer);
      this.#channel = channel;
    };
    channel.onmessage = ({ data }) => {
      if (isCurrent() && data instanceof ArrayBuffer) this.#hear(data, received);
    };
    channel.onclose = again;
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'failed') again();
    };
    await peer.setLocalDescription(await peer.createOffer());
    const answer = await this.doors.offer({ participant, sdp: peer.localDescription?.sdp ?? '' });
    if (isCurrent()) await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  }

  #hear(data: ArrayBuffer, received: (bytes: Uint8Array) => void): void {
    const now = this.now();
    this.#heardAt = now;
    received(new Uint8Array(data));
    if (now - this.#confirmedAt < CONFIRM_EVERY_ms || data.byteLength < 5) return;
    this.#confirmedAt = now;
    // The tick that was heard last stands after the kind of frame.
    this.#put(encode({ frame: 'ping', nonce: new DataView(data).getUint32(1, true) }));
  }

  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.now() - this.#heardAt > SILENCE_ms) return false;
    return this.#put(bytes);
  }

  #put(bytes: Uint8Array<ArrayBuffer>): boolean {
    const channel = this.#channel;
    if (channel?.readyState !== 'open') return false;
    if (channel.bufferedAmount > WAITING_bytes) return true;
    try {
      channel.send(bytes);
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#trial += 1;
    clearTimeout(this.#timer);
    const peer = this.#peer;
    [this.#peer, this.#channel] = [undefined, undefined];
    [this.#heardAt, this.#confirmedAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    peer?.close();
  }
}
