/**
 * Reads a ZIP archive by its directory, which stands at its end: each file is unpacked when it is asked for, and what is
 * not asked for never is. Packed may they be by Deflate or not at all (APPNOTE 6.3, without ZIP64).
 */
import { Inflate } from 'fflate';

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

const LOCAL = 0x04034b50;
const LISTED = 0x02014b50;
const END = 0x06054b50;
const LOCAL_bytes = 30;
const LISTED_bytes = 46;
const END_bytes = 22;
/** The end may be followed by a comment. */
const TAIL_bytes = END_bytes + 0xffff;
/** What stands where a number is too large for its place. */
const MOST_16 = 0xffff;
const MOST_32 = 0xffffffff;
/** A directory that is larger than that is none of nights. */
const MOST_directory_bytes = 64 << 20;
/** The most bytes of one file once it is unpacked. */
const MOST_unpacked_bytes = 1 << 30;
/** As many signals as EDF has at most have their header in it. */
const HEAD_bytes = 64 << 10;
/** A piece of an archive that is read at once. */
const PIECE_bytes = 64 << 10;
const STORED = 0;
const DEFLATED = 8;
const PASSWORD_FLAG = 1;
const UTF8_FLAG = 0x800;
const ARCHIVE = /\.(?:zip|7z|rar|tar|t?gz|zst)$/i;
/** What computers add beside what people pack. */
const ASIDE = /^__MACOSX\/|(?:^|\/)\.[^./][^/]*(?:\/|$)|\/$/;

interface Listed {
  readonly path: string;
  readonly place: number;
  readonly flags: number;
  readonly packing: number;
  readonly sum: number;
  readonly packed: number;
  readonly size: number;
  readonly local: number;
}

const viewOf = async (file: Blob, from: number, to: number): Promise<DataView> => new DataView(await file.slice(from, to).arrayBuffer());

/** Whether a file is a ZIP archive, or is called one. */
export async function isArchive(file: File): Promise<boolean> {
  const head = await viewOf(file, 0, 4);
  return /\.zip$/i.test(file.name) || (head.byteLength === 4 && head.getUint32(0, true) === LOCAL);
}

/** Names are in UTF-8 where they say so, else often by the code page of whoever packed them. */
function nameOf(bytes: Uint8Array, isUtf8: boolean): string {
  const decoded = (): string => {
    if (isUtf8) return new TextDecoder().decode(bytes);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return new TextDecoder('gb18030').decode(bytes);
    }
  };
  // Some programs write paths as their system does.
  return decoded().replaceAll('\\', '/');
}

function listedAt(directory: DataView, at: number, place: number): { listed: Listed; next: number } {
  const isThere = at + LISTED_bytes <= directory.byteLength && directory.getUint32(at, true) === LISTED;
  if (!isThere) throw new ArchiveError('broken');
  const short = (field: number): number => directory.getUint16(at + field, true);
  const long = (field: number): number => directory.getUint32(at + field, true);
  const name = short(28);
  const next = at + LISTED_bytes + name + short(30) + short(32);
  if (next > directory.byteLength) throw new ArchiveError('broken');
  const bytes = new Uint8Array(directory.buffer, directory.byteOffset + at + LISTED_bytes, name);
  const flags = short(8);
  const path = nameOf(bytes, (flags & UTF8_FLAG) !== 0);
  return { listed: { path, place, flags, packing: short(10), sum: long(16), packed: long(20), size: long(24), local: long(42) }, next };
}

function faultOf({ path, place, flags, packing, packed, size, local }: Listed): ArchiveError | undefined {
  const fault = (): ArchiveFault | undefined => {
    if (ARCHIVE.test(path)) return 'nested';
    if ((flags & PASSWORD_FLAG) !== 0) return 'password';
    if (packing !== STORED && packing !== DEFLATED) return 'packing';
    if (Math.max(packed, local) === MOST_32 || size > MOST_unpacked_bytes) return 'large';
    return undefined;
  };
  const found = fault();
  return found && new ArchiveError(found, place);
}

/** The files of an archive in its order, without folders and hidden ones. */
export async function entriesOf(file: Blob): Promise<readonly Entry[]> {
  const tail = await viewOf(file, Math.max(0, file.size - TAIL_bytes), file.size);
  let end = tail.byteLength - END_bytes;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new ArchiveError('broken');
  const count = tail.getUint16(end + 10, true);
  const size = tail.getUint32(end + 12, true);
  const from = tail.getUint32(end + 16, true);
  if (count === MOST_16 || from === MOST_32 || size > MOST_directory_bytes) throw new ArchiveError('many');
  const directory = await viewOf(file, from, from + size);
  const entries: Entry[] = [];
  let at = 0;
  for (let place = 1; place <= count; place += 1) {
    const { listed, next } = listedAt(directory, at, place);
    at = next;
    if (ASIDE.test(listed.path)) continue;
    const fault = faultOf(listed);
    const unpacked = (most: number): Promise<Blob> => (fault ? Promise.reject(fault) : unpack(file, listed, most));
    const entry = { path: listed.path, size: listed.size, fault, head: () => unpacked(HEAD_bytes), whole: () => unpacked(listed.size) };
    entries.push(entry);
  }
  return entries;
}

/** A file of an archive, or its first bytes. A whole one is as long as it says, and has its check sum. */
async function unpack(file: Blob, { place, packing, sum, packed, size, local }: Listed, most: number): Promise<Blob> {
  const header = await viewOf(file, local, local + LOCAL_bytes);
  const isThere = header.byteLength === LOCAL_bytes && header.getUint32(0, true) === LOCAL;
  if (!isThere) throw new ArchiveError('damaged', place);
  const from = local + LOCAL_bytes + header.getUint16(26, true) + header.getUint16(28, true);
  const content = file.slice(from, from + packed);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  let found = 0;
  const take = (bytes: Uint8Array<ArrayBuffer>): void => {
    length += bytes.length;
    if (length > size) throw new ArchiveError('damaged', place);
    found = summed(found, bytes);
    parts.push(bytes);
  };
  const inflate = packing === DEFLATED ? new Inflate(take) : undefined;
  try {
    for (let at = 0; at < content.size && length < most; at += PIECE_bytes) {
      const piece = new Uint8Array(await content.slice(at, at + PIECE_bytes).arrayBuffer());
      if (inflate) inflate.push(piece, at + PIECE_bytes >= content.size);
      else take(piece);
    }
  } catch {
    throw new ArchiveError('damaged', place);
  }
  if (most < size) return new Blob(parts).slice(0, most);
  if (length !== size || found !== sum) throw new ArchiveError('damaged', place);
  return new Blob(parts);
}

/** CRC-32 of each byte (ISO 3309). */
const SUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum >>> 0;
});

/** The check sum of what was summed up before and of these bytes. */
function summed(before: number, bytes: Uint8Array): number {
  let sum = ~before;
  for (const byte of bytes) sum = (SUMS[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  return ~sum >>> 0;
}
