/** The part of `@vladmandic/human` that is used here. */
declare module '@vladmandic/human' {
  export interface Tensor {
    dispose(): void;
  }

  export interface Seen {
    /** How sure it is, from 0 to 1. */
    readonly score: number;
    /** Places `[x, y, z]` in pixels of the picture; z grows away from the camera. */
    readonly mesh: readonly (readonly [number, number, number])[];
  }

  export class Human {
    constructor(config: object);
    readonly tf: {
      getBackend(): string;
      tensor(values: Float32Array, shape: readonly number[], type: 'float32'): Tensor;
    };
    load(): Promise<void>;
    detect(picture: Tensor): Promise<{ readonly face: readonly Seen[]; readonly error: string | null }>;
  }
}
