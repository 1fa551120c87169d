import type { Vec3 } from '../frames';
import type { DecodeJob, DecodeResult, PreviewJob } from './decode.worker';

type Decoded = Exclude<DecodeResult, { error: string }>;
interface Pending {
  resolve(result: Decoded): void;
  reject(error: Error): void;
}

/** Two workers that turn bytes into voxels, so that the picture keeps moving meanwhile. */
export class DecodePool {
  #workers: Worker[] = [];
  #pending = new Map<number, Pending>();
  #count = 0;

  decode(bytes: ArrayBuffer, size: Vec3, preview?: PreviewJob): Promise<Decoded> {
    const id = this.#count++;
    const worker = this.#worker(id);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      const job: DecodeJob = preview ? { id, bytes, size, preview } : { id, bytes, size };
      worker.postMessage(job, [bytes]);
    });
  }

  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    for (const pending of this.#pending.values()) pending.reject(new Error('cancelled'));
    this.#pending.clear();
  }

  #worker(id: number): Worker {
    const wanted = Math.min(2, Math.max(1, (navigator.hardwareConcurrency || 2) - 1));
    while (this.#workers.length < wanted) {
      const worker = new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }: MessageEvent<DecodeResult>) => this.#settle(data);
      worker.onerror = () => this.#fail();
      this.#workers.push(worker);
    }
    return this.#workers[id % this.#workers.length] as Worker;
  }

  #settle(result: DecodeResult): void {
    const pending = this.#pending.get(result.id);
    this.#pending.delete(result.id);
    if ('error' in result) pending?.reject(new Error(result.error));
    else pending?.resolve(result);
  }

  #fail(): void {
    for (const pending of this.#pending.values()) pending.reject(new Error('the decoder stopped'));
    this.#pending.clear();
  }
}
