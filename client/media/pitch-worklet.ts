/** Runs in the browser's own thread for sound. */
import { PitchShift } from './pitch';

// TypeScript's library of the DOM does not know this scope.
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new (options: { processorOptions: { factor: number } }) => AudioWorkletProcessor): void;

registerProcessor(
  'pitch',
  class extends AudioWorkletProcessor {
    readonly #shift: PitchShift;

    constructor({ processorOptions }: { processorOptions: { factor: number } }) {
      super();
      this.#shift = new PitchShift(processorOptions.factor, sampleRate);
    }

    process([input]: readonly Float32Array[][], [output]: readonly Float32Array[][]): boolean {
      const [from, to] = [input?.[0], output?.[0]];
      if (from && to) this.#shift.process(from, to);
      return true;
    }
  },
);
