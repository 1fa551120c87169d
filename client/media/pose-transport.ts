import type { TransportDoor } from '../../contract/media';
import { ApiError } from '../core/api';
import type { Carrier, CarrierEvents, CarrierKind } from './pose-line';

/** The server's call that says where to come. */
export type AskForTransport = (seat: { participant: number }) => Promise<TransportDoor>;

const PATIENCE_ms = 5_000;
/** Frames that may wait in the browser, and how long; later ones say more. */
const WAITING_frames = 2;
const WAITING_ms = 100;
/** The frames of a full room's tick, and some. A page that stood still while it drew has no use for old ones. */
const UNREAD_frames = 16;
const UNREAD_ms = 500;
const UNAVAILABLE = 503;

/** Poses as datagrams of WebTransport. The hospital's certificate is known by its fingerprint. */
export const byTransport = (ask: AskForTransport): CarrierKind => ({
  name: 'transport',
  patience_ms: PATIENCE_ms,
  isHere: () => 'WebTransport' in globalThis,
  open: (participant, events) => new Transport(ask, participant, events),
});

class Transport implements Carrier {
  #session: WebTransport | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #closed = false;

  constructor(ask: AskForTransport, participant: number, events: CarrierEvents) {
    this.#carry(ask, participant, events).then(
      () => events.broke(),
      (error: unknown) => (error instanceof ApiError && error.status === UNAVAILABLE ? events.missing() : events.broke()),
    );
  }

  async #carry(ask: AskForTransport, participant: number, events: CarrierEvents): Promise<void> {
    const door = await ask({ participant });
    if (this.#closed) return;
    const session = new WebTransport(door.url, {
      serverCertificateHashes: door.certificate_hashes.map((hash) => ({ algorithm: 'sha-256', value: fromBase64(hash) })),
      requireUnreliable: true,
      congestionControl: 'low-latency',
    });
    this.#session = session;
    const broke = (): void => events.broke();
    session.closed.then(broke, broke);
    await session.ready;
    const { datagrams } = session;
    [datagrams.outgoingHighWaterMark, datagrams.outgoingMaxAge] = [WAITING_frames, WAITING_ms];
    [datagrams.incomingHighWaterMark, datagrams.incomingMaxAge] = [UNREAD_frames, UNREAD_ms];
    this.#writer = (datagrams.writable as WritableStream<Uint8Array<ArrayBuffer>>).getWriter();
    const reader = (datagrams.readable as ReadableStream<Uint8Array>).getReader();
    events.opened();
    for (let read = await reader.read(); !read.done; read = await reader.read()) events.received(read.value);
  }

  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    const writer = this.#writer;
    const room = writer?.desiredSize ?? null;
    if (!writer || room === null) return false;
    if (room > 0) writer.write(bytes).catch(() => undefined);
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#writer = undefined;
    this.#session?.close();
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
