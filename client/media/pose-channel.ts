import type { MediaAnswer, MediaDoor } from '../../contract/media';
import type { Carrier, CarrierEvents, CarrierKind } from './pose-line';

/** The server's calls for a data channel. */
export interface ChannelDoors {
  door(): Promise<MediaDoor>;
  offer(offer: { participant: number; sdp: string }): Promise<MediaAnswer>;
}

const PATIENCE_ms = 15_000;
/** What may wait in the browser before poses are left out: later ones say more. */
const WAITING_bytes = 600;

/** Poses by a data channel of WebRTC without order and without repetition. */
export const byChannel = (doors: ChannelDoors): CarrierKind => ({
  name: 'channel',
  patience_ms: PATIENCE_ms,
  isHere: () => 'RTCPeerConnection' in globalThis,
  open: (participant, events) => new Channel(doors, participant, events),
});

class Channel implements Carrier {
  #peer: RTCPeerConnection | undefined;
  #channel: RTCDataChannel | undefined;
  #closed = false;

  constructor(
    private readonly doors: ChannelDoors,
    participant: number,
    private readonly events: CarrierEvents,
  ) {
    this.#negotiate(participant).catch(() => events.broke());
  }

  async #negotiate(participant: number): Promise<void> {
    const door = await this.doors.door();
    if (this.#closed) return;
    if (!door.open) return this.events.missing();
    const peer = new RTCPeerConnection({ iceServers: door.relays.map(({ urls, username, credential }) => ({ urls, username, credential })) });
    this.#peer = peer;
    const channel = peer.createDataChannel('poses', { ordered: false, maxRetransmits: 0 });
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => {
      this.#channel = channel;
      this.events.opened();
    };
    channel.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.events.received(new Uint8Array(data));
    };
    channel.onclose = () => this.events.broke();
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'failed') this.events.broke();
    };
    await peer.setLocalDescription(await peer.createOffer());
    const answer = await this.doors.offer({ participant, sdp: peer.localDescription?.sdp ?? '' });
    if (!this.#closed) await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  }

  send(bytes: Uint8Array<ArrayBuffer>): boolean {
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
    this.#closed = true;
    this.#channel = undefined;
    this.#peer?.close();
  }
}
