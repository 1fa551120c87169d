/** A piece is this long: short enough to read along, long enough for a service to understand. */
const PIECE_ms = 5_000;

/** Cuts a microphone into pieces of sound, each a file of its own. Silence goes nowhere. */
export class Dictation {
  readonly #track: MediaStreamTrack;
  readonly #wasSpoken: () => boolean;
  readonly #onPiece: (sound: Blob) => void;
  #recorder: MediaRecorder | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `wasSpoken` says whether anything was said since it was asked last. */
  constructor(track: MediaStreamTrack, wasSpoken: () => boolean, onPiece: (sound: Blob) => void) {
    [this.#track, this.#wasSpoken, this.#onPiece] = [track, wasSpoken, onPiece];
    this.#next();
  }

  #next(): void {
    const recorder = new MediaRecorder(new MediaStream([this.#track]));
    this.#wasSpoken();
    recorder.ondataavailable = ({ data }) => {
      if (data.size > 0 && this.#wasSpoken()) this.#onPiece(data);
    };
    recorder.start();
    this.#recorder = recorder;
    this.#timer = setTimeout(() => {
      recorder.stop();
      if (this.#track.readyState === 'live') this.#next();
    }, PIECE_ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    if (this.#recorder?.state === 'recording') this.#recorder.stop();
  }
}
