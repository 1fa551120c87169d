import type { MediaAnswer, MediaDoor, MediaOffer } from '../../contract/media';
import type { Source } from '../../contract/room';
import { MediaTrouble } from './trouble';

/** The server's calls for media. */
export interface MediaDoors {
  door(): Promise<MediaDoor>;
  offer(offer: MediaOffer): Promise<MediaAnswer>;
}

/** Places kept for the voices and pictures of others; the server lays into them who speaks and shows. */
const VOICES = 8;
const PICTURES = 4;
/** What one's own pictures take at most, in bits a second. */
const CAMERA_BPS = 1_200_000;
const SMALL_CAMERA_BPS = 200_000;
const SCREEN_BPS = 2_400_000;
const AROUND_BPS = 4_000_000;
/** A camera is sent as it is and small, so that the server gives each viewer what their line carries (ADR 73). */
const CAMERA_SIZES: RTCRtpEncodingParameters[] = [
  { rid: 'h', maxBitrate: CAMERA_BPS },
  { rid: 'l', maxBitrate: SMALL_CAMERA_BPS, scaleResolutionDownBy: 2 },
];
/** A line that has not come about after this long does not. */
const PATIENCE_ms = 15_000;

/** One's media line to the hospital: four sources at most, and places for others. Negotiated once. */
export class MediaLine {
  /** Whether a speech service writes captions for those who ask for it. */
  readonly writesDown: boolean;
  /** The line has broken after it had come about. */
  onBroken: () => void = () => undefined;
  readonly #peer: RTCPeerConnection;
  readonly #sources: Readonly<Record<Source, RTCRtpTransceiver>>;

  private constructor(door: MediaDoor) {
    this.writesDown = door.speech;
    const iceServers = door.relays.map(({ urls, username, credential }) => ({ urls, username, credential }));
    this.#peer = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    const source = (kind: 'audio' | 'video', ...sendEncodings: RTCRtpEncodingParameters[]): RTCRtpTransceiver =>
      this.#peer.addTransceiver(kind, { direction: 'sendonly', ...(sendEncodings.length > 0 ? { sendEncodings } : {}) });
    const camera = (): RTCRtpTransceiver => {
      try {
        return source('video', ...CAMERA_SIZES);
      } catch {
        // A browser that sends no two sizes sends one.
        return source('video', { maxBitrate: CAMERA_BPS });
      }
    };
    this.#sources = { microphone: source('audio'), camera: camera(), screen: source('video', { maxBitrate: SCREEN_BPS }), around: source('video', { maxBitrate: AROUND_BPS }) };
    for (let left = VOICES; left > 0; left--) this.#peer.addTransceiver('audio', { direction: 'recvonly' });
    for (let left = PICTURES; left > 0; left--) this.#peer.addTransceiver('video', { direction: 'recvonly' });
  }

  /** Brings a line about; rejects with a `MediaTrouble`. */
  static async open(doors: MediaDoors, participant: number): Promise<MediaLine> {
    if (!('RTCPeerConnection' in globalThis)) throw new MediaTrouble('unsupported');
    const door = await doors.door();
    if (!door.open) throw new MediaTrouble('off');
    const line = new MediaLine(door);
    try {
      await line.#negotiate(doors, participant);
      await line.#connected();
    } catch (error) {
      line.close();
      throw error;
    }
    return line;
  }

  async #negotiate(doors: MediaDoors, participant: number): Promise<void> {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    const { microphone, camera, screen, around } = this.#sources;
    const answer = await doors.offer({
      participant,
      sdp: this.#peer.localDescription?.sdp ?? '',
      microphone: microphone.mid ?? '',
      camera: camera.mid ?? '',
      screen: screen.mid ?? '',
      around: around.mid ?? '',
    });
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  }

  #connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new MediaTrouble('no-way')), PATIENCE_ms);
      const look = (): void => {
        const state = this.#peer.connectionState;
        if (state === 'connected') {
          clearTimeout(late);
          this.#peer.onconnectionstatechange = () => {
            if (this.#peer.connectionState === 'failed') this.onBroken();
          };
          resolve();
        } else if (state === 'failed' || state === 'closed') {
          clearTimeout(late);
          reject(new MediaTrouble('no-way'));
        }
      };
      this.#peer.onconnectionstatechange = look;
      look();
    });
  }

  /** Sends this from now on; nothing where there is no track. */
  async send(source: Source, track: MediaStreamTrack | null): Promise<void> {
    await this.#sources[source].sender.replaceTrack(track);
  }

  /** What comes by a section. */
  track(mid: string): MediaStreamTrack | undefined {
    return this.#peer.getTransceivers().find((one) => one.mid === mid)?.receiver.track;
  }

  /** The browser's own count of what came and went. */
  stats(): Promise<RTCStatsReport> {
    return this.#peer.getStats();
  }

  close(): void {
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
  }
}
