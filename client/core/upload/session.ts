/**
 * One upload: looks at each file, leaves out what is no DICOM or is kept already, sends the rest in batches, and
 * says of every file what became of it. Knows no worker and no page; sending and asking are handed in.
 */
import type { DataSet } from '../dicom/json';
import { entriesOfArchive } from './archive';
import { Batcher } from './batcher';
import { HEAD_BYTES, directoryOf, isDicom, isDirectoryName, isZip, peek } from './peek';
import { verdictsOf } from './stow';
import type { Refused, RefusalReason, Verdict } from './stow';
import type { Found } from './walk';

/** The answer to a batch. */
export interface Sent {
  /** HTTP status; 0 where the line broke. */
  readonly status: number;
  readonly answer?: DataSet;
  readonly detail?: string;
}

export interface UploadDoors {
  /** Sends objects; calls `passed` with the bytes that are on their way. Rejects only when aborted. */
  send(parts: readonly Blob[], passed: (bytes: number) => void, signal: AbortSignal): Promise<Sent>;
  /** The objects of a study that the hospital keeps already. */
  kept(study: string, signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Waits before the line is tried again. */
  wait(attempt: number, signal: AbortSignal): Promise<void>;
}

export type UploadState = 'running' | 'paused' | 'waiting' | 'signed-out' | 'done' | 'cancelled';

export interface UploadProgress {
  readonly state: UploadState;
  /** Bytes of the chosen files: all, those that are dealt with, and those of them that went over the line. */
  readonly bytesTotal: number;
  readonly bytesDone: number;
  readonly bytesSent: number;
  /** Objects that are now in the hospital, that were there before, and files that were refused. */
  readonly stored: number;
  readonly keptBefore: number;
  readonly refused: number;
  readonly files: number;
  /** Studies of which something was stored or kept. */
  readonly studies: readonly string[];
}

interface Candidate {
  readonly path: string;
  readonly blob: Blob;
  readonly size: number;
  readonly sop: string | undefined;
  readonly study: string | undefined;
  /** How many bytes of the chosen files it stands for. */
  readonly counts: number;
}

const SERVER_TRIES = 4;

export class UploadSession {
  readonly #doors: UploadDoors;
  readonly #told: (progress: UploadProgress) => void;
  readonly #refuse: (refused: readonly Refused[]) => void;
  readonly #stop = new AbortController();
  readonly #kept = new Map<string, Promise<ReadonlySet<string>>>();
  readonly #batcher = new Batcher<Candidate>();
  readonly #studies = new Set<string>();
  #state: UploadState = 'running';
  #goOn: (() => void) | undefined;
  #counts = { bytesTotal: 0, bytesDone: 0, bytesSent: 0, stored: 0, keptBefore: 0, refused: 0, files: 0 };

  constructor(doors: UploadDoors, told: (progress: UploadProgress) => void, refuse: (refused: readonly Refused[]) => void) {
    [this.#doors, this.#told, this.#refuse] = [doors, told, refuse];
  }

  get progress(): UploadProgress {
    return { ...this.#counts, state: this.#state, studies: [...this.#studies] };
  }

  pause(): void {
    if (this.#state === 'running' || this.#state === 'waiting') this.#enter('paused');
  }

  resume(): void {
    if (this.#state !== 'paused' && this.#state !== 'signed-out') return;
    this.#enter('running');
    this.#goOn?.();
  }

  cancel(): void {
    this.#enter('cancelled');
    this.#stop.abort();
    this.#goOn?.();
  }

  /** Deals with all files; resolves when each has been stored, left out or refused, or when cancelled. */
  async run(files: readonly Found[]): Promise<void> {
    this.#counts.bytesTotal = files.reduce((sum, { file }) => sum + file.size, 0);
    try {
      const named = await this.#directories(files);
      for (const found of files) {
        await this.#running();
        if (isDirectoryName(found.path) && named.has(found.path)) this.#passed(found.file.size);
        else await this.#take(found);
      }
      await this.#send(this.#batcher.flush());
      this.#missing(files, named);
      this.#enter('done');
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  /** What each DICOMDIR among the files names. */
  async #directories(files: readonly Found[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const named = new Map<string, readonly string[]>();
    for (const { path, file } of files) {
      if (!isDirectoryName(path)) continue;
      const names = directoryOf(new Uint8Array(await file.arrayBuffer()));
      if (names) named.set(path, names);
    }
    return named;
  }

  /** Files that a DICOMDIR names and that were not there: the medium is not whole. */
  #missing(files: readonly Found[], named: ReadonlyMap<string, readonly string[]>): void {
    const there = new Set(files.map(({ path }) => path.toLowerCase()));
    for (const [path, names] of named) {
      const folder = path.slice(0, path.length - 'DICOMDIR'.length);
      const absent = names.map((name) => folder + name).filter((name) => !there.has(name.toLowerCase()));
      for (const name of absent) this.#refused({ path: name, reason: 'missing' });
    }
  }

  async #take({ path, file }: Found): Promise<void> {
    let head: Uint8Array<ArrayBuffer>;
    try {
      head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    } catch {
      // It was moved or locked since it was chosen.
      this.#refused({ path, reason: 'unreadable' });
      this.#passed(file.size);
      return;
    }
    if (isZip(head)) await this.#takeArchive(path, file);
    else await this.#offer(path, file, head, file.size);
  }

  async #takeArchive(path: string, file: File): Promise<void> {
    let counted = 0;
    const through = (bytes: number): void => {
      this.#passed(bytes - counted);
      counted = bytes;
    };
    try {
      for await (const entry of entriesOfArchive(file.stream(), through)) {
        await this.#running();
        const inner = `${path}/${entry.path}`;
        if ('broken' in entry) this.#refused({ path: inner, reason: 'archive' });
        else if (!isDirectoryName(inner)) {
          await this.#offer(inner, new Blob([entry.bytes]), entry.bytes.subarray(0, HEAD_BYTES), 0);
        }
      }
    } catch (error) {
      if (this.#stop.signal.aborted) throw error;
      this.#refused({ path, reason: 'archive' });
    }
    through(file.size);
  }

  /** Looks at one object and puts it into a batch, unless it is none or is kept already. */
  async #offer(path: string, blob: Blob, head: Uint8Array, counts: number): Promise<void> {
    this.#counts.files += 1;
    if (!isDicom(head)) {
      this.#refused({ path, reason: 'not-dicom' });
      this.#passed(counts);
      return;
    }
    const { sop, study } = peek(head);
    if (sop !== undefined && study !== undefined && (await this.#keptOf(study)).has(sop)) {
      this.#counts.keptBefore += 1;
      this.#studies.add(study);
      this.#passed(counts);
      return;
    }
    for (const batch of this.#batcher.add({ path, blob, size: blob.size, sop, study, counts })) await this.#send(batch);
  }

  #keptOf(study: string): Promise<ReadonlySet<string>> {
    const known = this.#kept.get(study) ?? this.#doors.kept(study, this.#stop.signal).catch(() => new Set<string>());
    this.#kept.set(study, known);
    return known;
  }

  /** Sends a batch until the server has said what becomes of each of its objects. */
  async #send(batch: readonly Candidate[]): Promise<void> {
    if (batch.length === 0) return;
    for (let attempt = 1; ; attempt++) {
      await this.#running();
      const before = this.#counts.bytesSent;
      const passed = (bytes: number): void => {
        this.#counts.bytesSent = before + bytes;
        this.#tell();
      };
      const sent = await this.#doors.send(batch.map(({ blob }) => blob), passed, this.#stop.signal);
      if (sent.answer && sent.status !== 401) return this.#settle(batch, verdictsOf(batch.map(({ sop }) => sop), sent.answer));
      this.#counts.bytesSent = before;
      if (sent.status === 401) {
        this.#enter('signed-out');
      } else if (sent.status === 0 || (sent.status >= 500 && attempt < SERVER_TRIES) || sent.status === 429) {
        if (this.#state === 'running') this.#enter('waiting');
        await this.#doors.wait(attempt, this.#stop.signal);
        if (this.#state === 'waiting') this.#enter('running');
      } else if (batch.length > 1 && sent.status !== 403) {
        // One object spoils the request: halve the batch until it stands alone.
        const half = Math.ceil(batch.length / 2);
        await this.#send(batch.slice(0, half));
        return await this.#send(batch.slice(half));
      } else {
        const reason = reasonOfStatus(sent.status);
        const detail = sent.detail ? { detail: sent.detail } : {};
        return this.#settle(batch, batch.map(() => ({ stored: false, reason, ...detail })));
      }
    }
  }

  #settle(batch: readonly Candidate[], verdicts: readonly Verdict[]): void {
    batch.forEach((one, at) => {
      const verdict = verdicts[at] ?? { stored: false, reason: 'failed' };
      if (verdict.stored) {
        this.#counts.stored += 1;
        if (one.study !== undefined) this.#studies.add(one.study);
      } else {
        const { stored: _, ...why } = verdict;
        this.#refused({ path: one.path, ...why });
      }
      this.#counts.bytesDone += one.counts;
    });
    this.#tell();
  }

  #refused(refused: Refused): void {
    this.#counts.refused += 1;
    this.#refuse([refused]);
  }

  #passed(bytes: number): void {
    this.#counts.bytesDone += bytes;
    this.#tell();
  }

  /** Waits while paused; throws when cancelled. */
  async #running(): Promise<void> {
    while (this.#state === 'paused' || this.#state === 'signed-out') {
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
    }
    this.#stop.signal.throwIfAborted();
  }

  #enter(state: UploadState): void {
    if (this.#state === 'cancelled') return;
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    this.#told(this.progress);
  }
}

function reasonOfStatus(status: number): RefusalReason {
  if (status === 403) return 'not-authorised';
  if (status === 413) return 'too-large';
  if (status === 507) return 'resources';
  return status === 400 || status === 415 ? 'not-understood' : 'server';
}
