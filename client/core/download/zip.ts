/** Puts DICOM objects into a ZIP as they come. They are stored as they are: most are packed already. */
import { Zip, ZipPassThrough } from 'fflate';
import { peek } from '../upload/peek';

export class ObjectsZip {
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  readonly #zip: Zip;
  readonly #names = new Set<string>();
  #failed: Error | undefined;

  constructor(readonly folder: string) {
    this.#zip = new Zip((error, chunk) => {
      if (error) this.#failed = error;
      else this.#chunks.push(new Uint8Array(chunk));
    });
  }

  /** Adds an object under its own identifier; no name of a person stands in a file's name. */
  add(bytes: Uint8Array<ArrayBuffer>): void {
    const sop = peek(bytes).sop ?? `object-${this.#names.size + 1}`;
    let name = `${this.folder}/${sop}.dcm`;
    for (let copy = 2; this.#names.has(name); copy++) name = `${this.folder}/${sop}-${copy}.dcm`;
    this.#names.add(name);
    const entry = new ZipPassThrough(name);
    this.#zip.add(entry);
    entry.push(bytes, true);
  }

  get count(): number {
    return this.#names.size;
  }

  /** The whole archive. */
  end(): Blob {
    this.#zip.end();
    if (this.#failed) throw this.#failed;
    return new Blob(this.#chunks, { type: 'application/zip' });
  }
}
