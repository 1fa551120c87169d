/**
 * Reads a ZIP archive by its directory, which stands at its end: each file is unpacked when it is asked for, and what is
 * not asked for never is.
 */
import type { FileEntry, ZipReaderConstructorOptions } from '@zip.js/zip.js/lib/zip-core-custom.js';

/** What is wrong with an archive, or with one file of it. */
export type ArchiveFault = 'broken' | 'many' | 'password' | 'packing' | 'large' | 'nested' | 'damaged';

export class ArchiveError extends Error {
  constructor(
    readonly fault: ArchiveFault,
    /** Which of its files, from 1 on; 0 where it is the archive itself. */
    readonly place = 0,
  ) {
    super(`could not unpack: ${fault}`);
    this.name = 'ArchiveError';
  }
}

/** A file of an archive. */
export interface Entry {
  readonly path: string;
  /** Its bytes once it is unpacked. */
  readonly size: number;
  /** Why it cannot be unpacked, where that is known before. */
  readonly fault: ArchiveError | undefined;
  /** Its first bytes: what a header needs. */
  head(): Promise<Blob>;
  whole(): Promise<Blob>;
}

/** How a file of an archive begins. */
const LOCAL = 0x04034b50;
/** An archive of more files is none of nights. */
const MOST_files = 100_000;
/** Nor is one of which the directory is larger than that. */
const MOST_directory_bytes = 64 << 20;
/** The most bytes of one file once it is unpacked. */
const MOST_unpacked_bytes = 1 << 30;
/** As many signals as EDF has at most have their header in it. */
const HEAD_bytes = 64 << 10;
/** Ways of packing that browsers know: none, and Deflate. */
const STORED = 0;
const DEFLATED = 8;
const ARCHIVE = /\.(?:zip|7z|rar|tar|t?gz|zst)$/i;
/** What computers add beside what people pack. */
const ASIDE = /^__MACOSX\/|(?:^|\/)\.[^./][^/]*(?:\/|$)/;

const chinese = new TextDecoder('gb18030');

const READING: ZipReaderConstructorOptions = {
  checkCrc32: true,
  // Names that are not in UTF-8 are by the code page of whoever packed them; the library takes that of the first PCs.
  decodeText: (bytes, encoding) => (encoding === 'cp437' ? chinese.decode(bytes) : undefined),
  // Some programs write paths as their system does.
  normalizeFilename: (name) => name.replaceAll('\\', '/'),
  // Nothing is written to where a name says.
  filenameValidation: 'tolerant',
};

/** Whether a file is a ZIP archive, or is called one. */
export async function isArchive(file: File): Promise<boolean> {
  const head = new DataView(await file.slice(0, 4).arrayBuffer());
  return /\.zip$/i.test(file.name) || (head.byteLength === 4 && head.getUint32(0, true) === LOCAL);
}

/** The files of an archive in its order, without folders and hidden ones. */
export async function entriesOf(file: Blob): Promise<readonly Entry[]> {
  // Fetched once it is needed. This part of the library has no workers and no WebAssembly: browsers inflate by themselves.
  const { BlobReader, ZipReader } = await import('@zip.js/zip.js/lib/zip-core-custom.js');
  class Pieces extends BlobReader {
    override readUint8Array(from: number, length: number): Promise<Uint8Array> {
      if (length > MOST_directory_bytes) return Promise.reject(new ArchiveError('many'));
      return super.readUint8Array(from, length);
    }
  }
  const entries: Entry[] = [];
  let place = 0;
  try {
    for await (const listed of new ZipReader(new Pieces(file), READING).getEntriesGenerator()) {
      place += 1;
      if (place > MOST_files) throw new ArchiveError('many');
      if (!listed.directory && !ASIDE.test(listed.filename)) entries.push(entryOf(listed, place));
    }
  } catch (error) {
    throw error instanceof ArchiveError ? error : new ArchiveError('broken');
  }
  return entries;
}

function entryOf(listed: FileEntry, place: number): Entry {
  const { filename: path, uncompressedSize: size } = listed;
  const found = faultOf(listed);
  const fault = found && new ArchiveError(found, place);
  const unpacked = (most: number): Promise<Blob> => (fault ? Promise.reject(fault) : unpack(listed, place, most));
  return { path, size, fault, head: () => unpacked(HEAD_bytes), whole: () => unpacked(size) };
}

function faultOf({ filename, encrypted, compressionMethod, uncompressedSize }: FileEntry): ArchiveFault | undefined {
  if (ARCHIVE.test(filename)) return 'nested';
  if (encrypted) return 'password';
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) return 'packing';
  return uncompressedSize > MOST_unpacked_bytes ? 'large' : undefined;
}

/** A file of an archive, or its first bytes. A whole one is as long as it says, and has its check sum. */
async function unpack(listed: FileEntry, place: number, most: number): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const isEnough = (): boolean => most < listed.uncompressedSize && length >= most;
  const taking = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(part) {
      parts.push(part);
      length += part.length;
      // So nothing more of it is unpacked.
      if (isEnough()) throw new Error('the first bytes are there');
    },
  });
  try {
    await listed.getData(taking);
  } catch {
    if (!isEnough()) throw new ArchiveError('damaged', place);
  }
  return new Blob(parts).slice(0, most);
}
