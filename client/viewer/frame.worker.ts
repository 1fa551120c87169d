/** Fetches frames and makes samples of their octets, off the page's thread. */
import { MultipartReader, boundaryOf } from '../core/dicom/multipart';
import type { PixelForm } from './frame';
import { bytesOf } from '../core/dicom/bulk';
import { lutOf, throughLut } from './lut';
import type { Lut, LutSource } from './lut';
import { bitsOf, bitsWithin } from './overlay';
import type { Overlay, OverlaySource } from './overlay';
import { pixelsOf, withRange } from './pixels';
import type { Pixels } from './pixels';

export interface FrameJob {
  readonly id: number;
  /** Where the octets are, and where the server's picture of them is. */
  readonly octets: string;
  readonly picture: string;
  readonly pixels: PixelForm;
  readonly columns: number;
  readonly rows: number;
  readonly modalityLut: LutSource | undefined;
  readonly voiLuts: readonly LutSource[];
  readonly overlays: readonly OverlaySource[];
}

export type ToFrameWorker = { readonly say: 'load'; readonly job: FrameJob } | { readonly say: 'drop'; readonly id: number };
export type FromFrameWorker =
  | { readonly id: number; readonly pixels: Pixels }
  | { readonly id: number; readonly status: number };

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<ToFrameWorker>) => void) | null;
  postMessage(message: FromFrameWorker, transfer: Transferable[]): void;
};

/** The default form of PS3.18 for octets: uncompressed, whatever the stored syntax is. */
const OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1';
const running = new Map<number, AbortController>();

async function load(job: FrameJob, signal: AbortSignal): Promise<Pixels | number> {
  const asPicture = job.pixels.form === 'rendered';
  const response = await fetch(asPicture ? job.picture : job.octets, {
    headers: { accept: asPicture ? 'image/png' : OCTETS },
    credentials: 'same-origin',
    signal,
  });
  if (!response.ok) return response.status;
  if (asPicture) {
    const bitmap = await createImageBitmap(await response.blob());
    return { kind: 'picture', bitmap, ...(await drawings(job, undefined, signal)) };
  }
  const body = new Uint8Array(await response.arrayBuffer());
  const boundary = boundaryOf(response.headers.get('content-type'));
  const octets = boundary === undefined ? body : new MultipartReader(boundary).push(body)[0]?.bytes;
  if (!octets) return 0;
  const [drawn, table, luts] = await Promise.all([
    drawings(job, octets, signal),
    job.modalityLut ? tableOf(job.modalityLut, signal) : undefined,
    Promise.all(job.voiLuts.map((source) => tableOf(source, signal))),
  ]);
  const plain = pixelsOf(octets, job.pixels, job.columns, job.rows);
  if (plain.kind !== 'grey') return { ...plain, ...drawn };
  const grey = table ? withRange(throughLut(plain.samples, table)) : plain;
  return { ...grey, ...drawn, ...(luts.length > 0 ? { luts } : {}) };
}

/** A picture without a table that it asks for would be another picture: then there is none. */
async function tableOf(source: LutSource, signal: AbortSignal): Promise<Lut> {
  const table = lutOf(source, await bytesOf(source.data, signal));
  if (!table) throw new Error('a lookup table is empty');
  return table;
}

/** The overlays of a picture; `octets` are its pixels as they are stored, where overlays may lie within them. */
async function drawings({ overlays, pixels }: FrameJob, octets: Uint8Array | undefined, signal: AbortSignal): Promise<{ overlays?: readonly Overlay[] }> {
  const drawn = await Promise.all(
    overlays.map(async (source): Promise<Overlay | undefined> => {
      const { skip: _skip, data, bit: _bit, ...plane } = source;
      if (data) return { ...plane, bits: bitsOf(source, await bytesOf(data, signal)) };
      if (!octets || pixels.form !== 'grey' || pixels.bits < 8) return undefined;
      return { ...plane, bits: bitsWithin(source, octets, pixels.bits / 8) };
    }),
  );
  const all = drawn.filter((one) => one !== undefined);
  return all.length > 0 ? { overlays: all } : {};
}

function transferOf(pixels: Pixels): Transferable[] {
  if (pixels.kind === 'grey') return [pixels.samples.buffer];
  return [pixels.kind === 'colour' ? pixels.rgba.buffer : pixels.bitmap];
}

async function run(job: FrameJob): Promise<void> {
  const stop = new AbortController();
  running.set(job.id, stop);
  try {
    const done = await load(job, stop.signal);
    if (stop.signal.aborted) return;
    if (typeof done === 'number') scope.postMessage({ id: job.id, status: done }, []);
    else scope.postMessage({ id: job.id, pixels: done }, transferOf(done));
  } catch {
    if (!stop.signal.aborted) scope.postMessage({ id: job.id, status: 0 }, []);
  } finally {
    running.delete(job.id);
  }
}

scope.onmessage = ({ data }) => {
  if (data.say === 'drop') running.get(data.id)?.abort();
  else void run(data.job);
};
