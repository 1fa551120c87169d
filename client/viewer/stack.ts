/** What a pane scrolls through: pictures of a series as they were made, or planes cut anew through its volume. */
import { errorOfStatus } from '../core/api';
import { instancePath } from '../core/dicom/dicom-web';
import type { Series } from '../core/dicom/dicom-web';
import type { Frame } from './frame';
import { FrameCache } from './frame-cache';
import type { FrameJob, FromFrameWorker, ToFrameWorker } from './frame.worker';
import type { SliceAxis } from '../stage/slice-geometry';
import type { Pixels } from './pixels';
import type { Plane } from './plane';
import { CT_PRESETS, autoWindow, windowOfLut } from './window';
import type { GreyWindow, Rescale } from './window';

/** A picture by its object and its frame, from 1, of so many. */
export interface PictureObject {
  readonly sop: string;
  readonly frame: number;
  readonly of: number;
}

export interface Stack {
  readonly series: Series;
  /** The plane that is cut through a volume; none where pictures are shown as they were made. */
  readonly axis?: SliceAxis;
  readonly planes: readonly Plane[];
  /** Names a picture for the marks that stand on it. */
  pictureKey(index: number): string;
  /** The object and frame that a picture is; none where it is cut through a volume. */
  objectAt(index: number): PictureObject | undefined;
  /** Whether the picture's values have gone through a table of its own. */
  hasTable(index: number): boolean;
  /** How the values of a picture count. */
  rescaleOf(index: number): Rescale;
  /** `HU`, another unit, or nothing where the values have no known meaning. */
  unitOf(index: number): string | undefined;
  whiteIsLow(index: number): boolean;
  /** The windows that the objects themselves carry. */
  windowsOf(index: number): readonly (GreyWindow & { readonly name: string | undefined })[];
  /** The window to begin with. */
  firstWindow(index: number): GreyWindow;
  autoWindow(index: number): GreyWindow | undefined;
  pixels(index: number): Pixels | undefined;
  /** Why a picture cannot be had; `undefined` where it can. */
  failureOf(index: number): unknown;
  /** Milliseconds for each picture of a film, where the objects say so. */
  readonly frameTime_ms: number | undefined;
  /** Says which picture is looked at, so that it and its neighbours are loaded. */
  focus(index: number): void;
  /** Calls when a picture has come, or cannot be had. */
  onNews(listener: (index: number) => void): () => void;
  dispose(): void;
}

/** Workers that load frames, shared by all panes. */
class Loaders {
  #workers: Worker[] = [];
  readonly #open = new Map<number, (answer: FromFrameWorker) => void>();
  #next = 0;

  load(job: Omit<FrameJob, 'id'>, signal: AbortSignal): Promise<Pixels> {
    const id = this.#next++;
    const worker = this.#worker(id);
    const say = (message: ToFrameWorker): void => worker.postMessage(message, []);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        if (!this.#open.delete(id)) return;
        say({ say: 'drop', id });
        reject(new Error('no longer wanted'));
      });
      this.#open.set(id, (answer) => {
        if ('pixels' in answer) resolve(answer.pixels);
        else reject(errorOfStatus(answer.status));
      });
      say({ say: 'load', job: { ...job, id } });
    });
  }

  #worker(id: number): Worker {
    const count = Math.min(2, Math.max(1, (navigator.hardwareConcurrency || 2) - 1));
    while (this.#workers.length < count) {
      const worker = new Worker(new URL('./frame.worker.ts', import.meta.url), { type: 'module' });
      worker.addEventListener('message', ({ data }: MessageEvent<FromFrameWorker>) => {
        this.#open.get(data.id)?.(data);
        this.#open.delete(data.id);
      });
      worker.addEventListener('error', () => this.#fail());
      this.#workers.push(worker);
    }
    return this.#workers[id % this.#workers.length] as Worker;
  }

  #fail(): void {
    for (const [id, settle] of this.#open) settle({ id, status: 0 });
    this.#open.clear();
  }
}

let loaders: Loaders | undefined;

export class FrameStack implements Stack {
  readonly planes: readonly Frame[];
  readonly frameTime_ms: number | undefined;
  readonly #cache: FrameCache;
  #auto: GreyWindow | undefined;

  constructor(
    readonly series: Series,
    frames: readonly Frame[],
  ) {
    this.planes = frames;
    this.frameTime_ms = frames[0]?.frameTime_ms;
    loaders ??= new Loaders();
    const pool = loaders;
    this.#cache = new FrameCache(frames.length, (index, signal) => {
      const frame = frames[index];
      if (!frame) return Promise.reject(new Error('there is no such picture'));
      const path = instancePath(series.study, series.uid, frame.sop);
      const octets = `${path}/frames/${frame.number}`;
      const picture = frame.of > 1 ? `${octets}/rendered` : `${path}/rendered`;
      const { pixels, columns, rows, modalityLut, voiLuts, overlays } = frame;
      return pool.load({ octets, picture, pixels, columns, rows, modalityLut, voiLuts, overlays }, signal);
    });
  }

  pictureKey(index: number): string {
    const frame = this.planes[index];
    return frame ? `${frame.sop}#${frame.number}` : '';
  }

  objectAt(index: number): PictureObject | undefined {
    const frame = this.planes[index];
    return frame && { sop: frame.sop, frame: frame.number, of: frame.of };
  }

  hasTable(index: number): boolean {
    return this.planes[index]?.modalityLut !== undefined;
  }

  rescaleOf(index: number): Rescale {
    return this.planes[index]?.rescale ?? { slope: 1, intercept: 0 };
  }

  unitOf(index: number): string | undefined {
    return this.planes[index]?.unit;
  }

  whiteIsLow(index: number): boolean {
    return this.planes[index]?.whiteIsLow ?? false;
  }

  windowsOf(index: number): Frame['windows'] {
    const pixels = this.#cache.get(index);
    const tables = pixels?.kind === 'grey' ? (pixels.luts ?? []) : [];
    return [...tables.map((table) => ({ ...windowOfLut(table), name: table.name })), ...(this.planes[index]?.windows ?? [])];
  }

  firstWindow(index: number): GreyWindow {
    const [own] = this.windowsOf(index);
    if (own) return own;
    if (this.unitOf(index) === 'HU') return CT_PRESETS.mediastinum;
    // One window for the whole series: it must not flicker from picture to picture.
    this.#auto ??= this.autoWindow(index);
    return this.#auto ?? { centre: 128, width: 256 };
  }

  autoWindow(index: number): GreyWindow | undefined {
    const pixels = this.#cache.get(index);
    if (pixels?.kind !== 'grey') return undefined;
    if (this.planes[index]?.pixels.form === 'grey' && pixels.most - pixels.least <= 1) return { centre: 1, width: 1 };
    return autoWindow(pixels.samples, this.rescaleOf(index), this.planes[index]?.padding);
  }

  pixels(index: number): Pixels | undefined {
    return this.#cache.get(index);
  }

  failureOf(index: number): unknown {
    return this.#cache.failureOf(index);
  }

  focus(index: number): void {
    this.#cache.focus(index);
  }

  onNews(listener: (index: number) => void): () => void {
    const ends = [this.#cache.events.on('arrived', listener), this.#cache.events.on('failed', listener)];
    return () => {
      for (const end of ends) end();
    };
  }

  dispose(): void {
    this.#cache.dispose();
  }
}
