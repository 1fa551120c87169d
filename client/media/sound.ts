import type { Placement } from '../../contract/room';

/** How long an echo takes, so that it is told from one's own voice. */
const ECHO_s = 2;

/** One voice on its way to the ear. */
interface Voice {
  readonly track: MediaStreamTrack;
  readonly element: HTMLAudioElement;
  readonly source: MediaStreamAudioSourceNode;
  readonly analyser: AnalyserNode;
  /** How loud whoever listens wants it. */
  readonly gain: GainNode;
  readonly panner: PannerNode;
  readonly delay: DelayNode;
}

/** The voices of others, each heard from where its speaker stands. */
export class Sound {
  readonly #context = new AudioContext();
  readonly #voices = new Map<string, Voice>();
  readonly #wave = new Float32Array(1024);

  /** Browsers let sound begin with a press only. A call or a locked screen interrupts it on phones: then it goes on. */
  async begin(): Promise<void> {
    this.#context.onstatechange = () => {
      if (this.#context.state === 'suspended') void this.#context.resume().catch(() => undefined);
    };
    await this.#context.resume();
  }

  /** Lets a voice be heard; whoever comes by the same place later is heard by the same way. A new line names its
   * places as the one before did, and brings other tracks by them. */
  attach(mid: string, track: MediaStreamTrack): void {
    const before = this.#voices.get(mid);
    if (before?.track === track) return;
    if (before) end(before);
    const stream = new MediaStream([track]);
    // Chromium decodes a remote track only where an element plays it; this one does so in silence.
    const element = new Audio();
    element.srcObject = stream;
    element.muted = true;
    void element.play().catch(() => undefined);
    const source = this.#context.createMediaStreamSource(stream);
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = this.#wave.length;
    const panner = this.#context.createPanner();
    panner.panningModel = 'HRTF';
    panner.distanceModel = 'inverse';
    panner.refDistance = 1;
    // A colleague at the other side of the table stays easy to hear.
    panner.rolloffFactor = 0.5;
    const delay = this.#context.createDelay(ECHO_s);
    source.connect(analyser);
    const gain = this.#context.createGain();
    source.connect(delay).connect(gain).connect(panner).connect(this.#context.destination);
    this.#voices.set(mid, { track, element, source, analyser, gain, panner, delay });
  }

  /** Where the speaker stands and how late they are heard; without a place they are heard from everywhere. */
  place(mid: string, at: Placement | undefined, ear: Ear | undefined, echo: boolean): void {
    const voice = this.#voices.get(mid);
    if (!voice) return;
    voice.delay.delayTime.value = echo ? ECHO_s : 0;
    const [x, y, z] = at?.position_m ?? ear?.position_m ?? [0, 0, 0];
    voice.panner.positionX.value = x;
    voice.panner.positionY.value = y;
    voice.panner.positionZ.value = z;
  }

  /** How loud whoever listens wants to hear it: 0 not at all, 1 as it is spoken. */
  volume(mid: string, share: number): void {
    const voice = this.#voices.get(mid);
    if (voice) voice.gain.gain.value = share;
  }

  /** Where one's own ears are. */
  listenFrom(head: Ear | undefined): void {
    listenFrom(this.#context.listener, head);
  }

  /** How loud a voice is now: the root of its mean square, from 0 to 1. */
  level(mid: string): number {
    const voice = this.#voices.get(mid);
    if (!voice) return 0;
    voice.analyser.getFloatTimeDomainData(this.#wave);
    const sum = this.#wave.reduce((all, one) => all + one * one, 0);
    return Math.sqrt(sum / this.#wave.length);
  }

  /** Whether this browser lets one choose where sound comes out. */
  static get choosesOutput(): boolean {
    return 'AudioContext' in globalThis && 'setSinkId' in AudioContext.prototype;
  }

  async outputTo(device: string): Promise<void> {
    const context = this.#context as AudioContext & { setSinkId?(id: string): Promise<void> };
    await context.setSinkId?.(device);
  }

  /** The line is gone, and all voices with it. */
  detachAll(): void {
    for (const voice of this.#voices.values()) end(voice);
    this.#voices.clear();
  }

  close(): void {
    this.detachAll();
    void this.#context.close();
  }
}

function end({ element, source, delay, gain, panner }: Voice): void {
  for (const node of [source, delay, gain, panner]) node.disconnect();
  element.srcObject = null;
}

type Three = [number, number, number];

/** A head that hears. */
export interface Ear {
  readonly position_m: readonly [number, number, number];
  readonly rotation: readonly [number, number, number, number];
}

/** Puts the ears where a head is, and turns them with it. */
export function listenFrom(listener: AudioListener, head: Ear | undefined): void {
  const [x, y, z] = head?.position_m ?? [0, 0, 0];
  const ahead = turned(head?.rotation ?? [0, 0, 0, 1], [0, 0, -1]);
  const up = turned(head?.rotation ?? [0, 0, 0, 1], [0, 1, 0]);
  // Firefox has the older way only.
  if (!('positionX' in listener)) {
    const old = listener as AudioListener;
    old.setPosition(x, y, z);
    old.setOrientation(...ahead, ...up);
    return;
  }
  [listener.positionX.value, listener.positionY.value, listener.positionZ.value] = [x, y, z];
  [listener.forwardX.value, listener.forwardY.value, listener.forwardZ.value] = ahead;
  [listener.upX.value, listener.upY.value, listener.upZ.value] = up;
}

/** A direction turned by a unit quaternion (x, y, z, w). */
function turned([qx, qy, qz, qw]: readonly [number, number, number, number], [x, y, z]: Three): Three {
  const [tx, ty, tz] = [2 * (qy * z - qz * y), 2 * (qz * x - qx * z), 2 * (qx * y - qy * x)];
  return [x + qw * tx + (qy * tz - qz * ty), y + qw * ty + (qz * tx - qx * tz), z + qw * tz + (qx * ty - qy * tx)];
}
