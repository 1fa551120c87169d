/** The voices of a recording, in time with what is seen: a part's voices are fetched, decoded and laid to their times. */
import type { Placement } from '../../contract/room';
import { listenFrom } from './sound';
import type { Ear } from './sound';
import { stretched } from './stretch';

export interface VoicePart {
  readonly number: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly speakers: readonly number[];
}

interface Way {
  readonly analyser: AnalyserNode;
  readonly panner: PannerNode;
}

/** A part is laid this long before it is heard. */
const AHEAD_MS = 4_000;

export class RecordedVoices {
  readonly #context = new AudioContext();
  readonly #parts: readonly VoicePart[];
  readonly #load: (part: number, speaker: number) => Promise<ArrayBuffer>;
  readonly #decoded = new Map<string, Promise<AudioBuffer | undefined>>();
  readonly #ways = new Map<number, Way>();
  readonly #wave = new Float32Array(1024);
  #sounding = new Set<AudioBufferSourceNode>();
  #laid = new Set<number>();
  /** Counts beginnings: what was fetched for an earlier one is not heard. */
  #begun = 0;
  /** The context's time at which the recording's was nought, by its speed; undefined while nothing is heard. */
  #origin_s: number | undefined;
  #speed = 1;

  constructor(parts: readonly VoicePart[], load: (part: number, speaker: number) => Promise<ArrayBuffer>) {
    [this.#parts, this.#load] = [parts, load];
  }

  /** Begins at a time of the recording; at whatever speed voices keep their pitch. Browsers let sound begin with a
   * press only. */
  begin(at_ms: number, speed: number): void {
    this.stop();
    void this.#context.resume();
    this.#speed = speed;
    this.#origin_s = this.#context.currentTime - this.#seconds(at_ms);
  }

  /** How long so much of the recording sounds. */
  #seconds(ms: number): number {
    return ms / 1000 / this.#speed;
  }

  stop(): void {
    this.#begun += 1;
    this.#origin_s = undefined;
    for (const source of this.#sounding) source.stop();
    this.#sounding = new Set();
    this.#laid = new Set();
  }

  /** Lays what is heard soon; called as time passes. */
  follow(at_ms: number): void {
    if (this.#origin_s === undefined) return;
    // A page that stood still, or waited for a part, begins anew where it is.
    if (Math.abs(this.#context.currentTime - this.#origin_s - this.#seconds(at_ms)) > 0.15) this.begin(at_ms, this.#speed);
    for (const part of this.#parts) {
      if (this.#laid.has(part.number) || part.from_ms > at_ms + AHEAD_MS * this.#speed || part.to_ms <= at_ms) continue;
      this.#laid.add(part.number);
      for (const speaker of part.speakers) void this.#lay(part, speaker, this.#begun);
    }
  }

  async #lay(part: VoicePart, speaker: number, begun: number): Promise<void> {
    const decoded = await this.#buffer(part.number, speaker);
    if (!decoded || begun !== this.#begun || this.#origin_s === undefined) return;
    const buffer = this.#speed === 1 ? decoded : this.#stretched(decoded);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#way(speaker).analyser);
    const begins = this.#origin_s + this.#seconds(part.from_ms);
    const late = Math.max(0, this.#context.currentTime - begins);
    if (late >= buffer.duration) return;
    source.start(Math.max(begins, this.#context.currentTime), late);
    this.#sounding.add(source);
    source.onended = () => this.#sounding.delete(source);
  }

  #buffer(part: number, speaker: number): Promise<AudioBuffer | undefined> {
    const name = `${part}/${speaker}`;
    let decoded = this.#decoded.get(name);
    if (!decoded) {
      // A voice that cannot be had or decoded is missing; what is seen goes on.
      decoded = this.#load(part, speaker).then((bytes) => this.#context.decodeAudioData(bytes)).catch(() => undefined);
      this.#decoded.set(name, decoded);
      for (const far of [...this.#decoded.keys()].slice(0, -32)) this.#decoded.delete(far);
    }
    return decoded;
  }

  /** Tracks of recordings have one channel. */
  #stretched(decoded: AudioBuffer): AudioBuffer {
    const samples = stretched(decoded.getChannelData(0), this.#speed, decoded.sampleRate);
    const buffer = this.#context.createBuffer(1, Math.max(1, samples.length), decoded.sampleRate);
    buffer.copyToChannel(samples, 0);
    return buffer;
  }

  #way(speaker: number): Way {
    const known = this.#ways.get(speaker);
    if (known) return known;
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = this.#wave.length;
    const panner = this.#context.createPanner();
    [panner.panningModel, panner.distanceModel, panner.refDistance, panner.rolloffFactor] = ['HRTF', 'inverse', 1, 0.5];
    analyser.connect(panner).connect(this.#context.destination);
    const way = { analyser, panner };
    this.#ways.set(speaker, way);
    return way;
  }

  /** Where a speaker stands. */
  place(speaker: number, at: Placement | undefined): void {
    const panner = this.#ways.get(speaker)?.panner;
    if (!panner || !at) return;
    [panner.positionX.value, panner.positionY.value, panner.positionZ.value] = at.position_m;
  }

  /** From where one listens. */
  listenFrom(eye: Ear): void {
    listenFrom(this.#context.listener, eye);
  }

  /** How loud somebody is heard now: the root of its mean square, from 0 to 1. */
  loudness(speaker: number): number {
    const way = this.#ways.get(speaker);
    if (!way || this.#origin_s === undefined) return 0;
    way.analyser.getFloatTimeDomainData(this.#wave);
    return Math.sqrt(this.#wave.reduce((all, one) => all + one * one, 0) / this.#wave.length);
  }

  close(): void {
    this.stop();
    void this.#context.close();
  }
}
