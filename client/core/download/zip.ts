/** Puts DICOM objects into a ZIP as they come. They are stored as they are: most are packed already. */
import { makeZip } from 'client-zip';
import { peek } from '../upload/peek';

interface Entry {
  readonly name: string;
  readonly lastModified: Date;
  readonly input: Uint8Array<ArrayBuffer>;
}

/** Names each object by its own identifier; no name of a person stands in a file's name. */
async function* entriesOf(objects: AsyncIterable<Uint8Array<ArrayBuffer>>, folder: string): AsyncGenerator<Entry> {
  const names = new Set<string>();
  const lastModified = new Date();
  for await (const input of objects) {
    const sop = peek(input).sop ?? `object-${names.size + 1}`;
    let name = `${folder}/${sop}.dcm`;
    for (let copy = 2; names.has(name); copy++) name = `${folder}/${sop}-${copy}.dcm`;
    names.add(name);
    yield { name, lastModified, input };
  }
}

/** Bytes that are held before they are handed over to the browser, which keeps large ones on its disk. */
const PORTION_BYTES = 16 << 20;

/** A ZIP of objects as they come, with any number of them and of any size (ZIP64). */
export async function zipOf(objects: AsyncIterable<Uint8Array<ArrayBuffer>>, folder: string, portionBytes = PORTION_BYTES): Promise<Blob> {
  const portions: Blob[] = [];
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = (makeZip(entriesOf(objects, folder)) as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (value) {
      waiting.push(value);
      bytes += value.length;
    }
    if (bytes >= portionBytes || done) {
      portions.push(new Blob(waiting));
      [waiting, bytes] = [[], 0];
    }
    if (done) return new Blob(portions, { type: 'application/zip' });
  }
}
