/** Reads a ZIP archive as it streams by: one entry after the other, never the whole archive in memory. */
import { Unzip, UnzipInflate, UnzipPassThrough } from 'fflate';
import type { UnzipDecoderConstructor, UnzipFile } from 'fflate';

export interface ArchiveEntry {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An entry that cannot be read, by its path; the rest of the archive goes on. */
export interface BrokenEntry {
  readonly path: string;
  readonly broken: true;
}

/** The entries of an archive, in its order. `read` is called with the bytes of the archive that are through. */
export async function* entriesOfArchive(
  stream: ReadableStream<Uint8Array>,
  read: (bytes: number) => void = () => {},
): AsyncGenerator<ArchiveEntry | BrokenEntry> {
  const ready: (ArchiveEntry | BrokenEntry)[] = [];
  let open = 0;
  const unzip = new Unzip((file) => {
    if (file.name.endsWith('/')) return;
    open += 1;
    collect(file, (entry) => {
      open -= 1;
      ready.push(entry);
    });
  });
  for (const decoder of [UnzipPassThrough, UnzipInflate] as UnzipDecoderConstructor[]) unzip.register(decoder);
  let passed = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    unzip.push(value ?? new Uint8Array(0), done);
    passed += value?.length ?? 0;
    read(passed);
    // Entries are handed over before more is read: the archive waits for whoever takes them.
    yield* ready.splice(0);
    if (done) break;
  }
  if (open > 0) throw new Error('the archive breaks off');
}

function collect(file: UnzipFile, done: (entry: ArchiveEntry | BrokenEntry) => void): void {
  const chunks: Uint8Array[] = [];
  let ended = false;
  const end = (entry: ArchiveEntry | BrokenEntry): void => {
    if (!ended) done(entry);
    ended = true;
  };
  file.ondata = (error, chunk, final) => {
    if (error) return end({ path: file.name, broken: true });
    chunks.push(chunk);
    if (final) end({ path: file.name, bytes: joined(chunks) });
  };
  try {
    file.start();
  } catch {
    // A way of packing that is not known, or a password.
    end({ path: file.name, broken: true });
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
