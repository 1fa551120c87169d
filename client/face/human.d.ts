/** The part of `@vladmandic/human` that is used here. */
declare module '@vladmandic/human' {
  export interface Tensor {
    dispose(): void;
    data(): Promise<Float32Array>;
  }

  export interface GraphModel {
    execute(picture: Tensor, outputs: readonly string[]): readonly Tensor[];
    /** For models with loops, whether what is asked of them has one or not. */
    executeAsync(picture: Tensor, outputs: readonly string[]): Promise<readonly Tensor[]>;
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
      tensor(values: Float32Array, shape: readonly number[], type: 'float32' | 'int32'): Tensor;
      loadGraphModel(url: string, options: { readonly fetchFunc: typeof fetch }): Promise<GraphModel>;
    };
    load(): Promise<void>;
    detect(picture: Tensor): Promise<{ readonly face: readonly Seen[]; readonly error: string | null }>;
  }
}
