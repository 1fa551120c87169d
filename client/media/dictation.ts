/** A piece is this long: short enough to read along, long enough for a service to understand. */
const PIECE_ms = 5_000;

/** Cuts a microphone into pieces of sound, each a file of its own. Silence goes nowhere. */
export class Dictation {
  readonly #track: MediaStreamTrack;
  readonly #wasSpoken: () => boolean;
  readonly #onPiece: (sound: Blob) => void;
  /** Ends the piece that is being recorded. */
  #end = (): void => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `wasSpoken` says whether anything was said since it was asked last. */
  constructor(track: MediaStreamTrack, wasSpoken: () => boolean, onPiece: (sound: Blob) => void) {
    [this.#track, this.#wasSpoken, this.#onPiece] = [track, wasSpoken, onPiece];
    this.#wasSpoken();
    this.#next();
  }

  #next(): void {
    const recorder = new MediaRecorder(new MediaStream([this.#track]));
    let spoken = false;
    recorder.ondataavailable = ({ data }) => {
      if (spoken && data.size > 0) this.#onPiece(data);
    };
    // The sound comes some time after the end: by then what is said belongs to the next piece.
    this.#end = () => {
      spoken ||= this.#wasSpoken();
      if (recorder.state === 'recording') recorder.stop();
    };
    recorder.start();
    this.#timer = setTimeout(() => {
      this.#end();
      if (this.#track.readyState === 'live') this.#next();
    }, PIECE_ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#end();
  }
}
