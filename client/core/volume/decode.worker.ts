import type { Vec3 } from '../frames';
import { bodyMask } from './body';
import { decodeHu, enlarge } from './decode';
import { halvesFromHu } from './half';

/** What else is made of the preview: the coarse full-size picture, and where the body is. */
export interface PreviewJob {
  readonly size: Vec3;
  readonly factor: Vec3;
  readonly spacing_mm: Vec3;
}

export type DecodeJob = { readonly id: number; readonly bytes: ArrayBuffer; readonly size: Vec3; readonly preview?: PreviewJob };

export type DecodeResult =
  | { readonly id: number; readonly hu: Int16Array; readonly halves: Uint16Array; readonly large?: { hu: Int16Array; halves: Uint16Array; body: Uint8Array } }
  | { readonly id: number; readonly error: string };

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<DecodeJob>) => void) | null;
  postMessage(message: DecodeResult, transfer: Transferable[]): void;
};

scope.onmessage = ({ data: job }) => {
  try {
    const hu = decodeHu(new Uint8Array(job.bytes), job.size);
    const halves = halvesFromHu(hu);
    if (!job.preview) {
      scope.postMessage({ id: job.id, hu, halves }, [hu.buffer, halves.buffer]);
      return;
    }
    const largeHu = enlarge(hu, job.size, job.preview.factor, job.preview.size);
    const { spacing_mm: mm, factor } = job.preview;
    const body = bodyMask(hu, job.size, [mm[0] * factor[0], mm[1] * factor[1], mm[2] * factor[2]]);
    const large = { hu: largeHu, halves: halvesFromHu(largeHu), body };
    scope.postMessage({ id: job.id, hu, halves, large }, [hu.buffer, halves.buffer, largeHu.buffer, large.halves.buffer, body.buffer]);
  } catch (error) {
    scope.postMessage({ id: job.id, error: error instanceof Error ? error.message : 'could not decode' }, []);
  }
};
