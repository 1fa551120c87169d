import { strToU8, zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { describe, expect, it } from 'vitest';
import { entriesOf, isArchive } from './zip';
import type { Entry } from './zip';

const LOCAL = [0x50, 0x4b, 3, 4];
const LISTED = [0x50, 0x4b, 1, 2];

const packed = (files: Zippable): Uint8Array<ArrayBuffer> => new Uint8Array(zipSync(files));
const fileOf = (bytes: Uint8Array<ArrayBuffer>, name = 'nights.zip'): File => new File([bytes], name);
const bytesOf = async (blob: Promise<Blob>): Promise<Uint8Array> => new Uint8Array(await (await blob).arrayBuffer());

/** Where each header of a kind begins. */
function headers(bytes: Uint8Array, kind: readonly number[]): number[] {
  const found: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 1) if (kind.every((byte, place) => bytes[at + place] === byte)) found.push(at);
  return found;
}

/** The archive with other bytes at a place of each of its files' lines in the directory, and of what stands before each. */
function changed(archive: Uint8Array<ArrayBuffer>, place: number, bytes: readonly number[]): Uint8Array<ArrayBuffer> {
  const copy = archive.slice();
  const isInBoth = place >= 6 && place < 28;
  const local = isInBoth ? headers(copy, LOCAL) : [];
  for (const at of headers(copy, LISTED)) copy.set(bytes, at + place);
  for (const at of local) copy.set(bytes, at + place - 2);
  return copy;
}

const END_bytes = 22;

/** An archive of one file with as many lines in its directory. */
function listing(archive: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
  const [from = 0] = headers(archive, LISTED);
  const line = archive.subarray(from, -END_bytes);
  const made = new Uint8Array(from + count * line.length + END_bytes);
  made.set(archive.subarray(0, from));
  for (let at = 0; at < count; at += 1) made.set(line, from + at * line.length);
  made.set(archive.subarray(-END_bytes), made.length - END_bytes);
  const end = new DataView(made.buffer, made.length - END_bytes);
  // More than 65,535 are counted from nought again.
  for (const place of [8, 10]) end.setUint16(place, count & 0xffff, true);
  end.setUint32(12, count * line.length, true);
  return made;
}

/** The archive with its numbers where ZIP64 has them (APPNOTE 6.3, 4.3.14 to 4.3.16). */
function wide(archive: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [RECORD_bytes, LOCATOR_bytes] = [56, 20];
  const at = archive.length - END_bytes;
  const old = new DataView(archive.buffer, at);
  const made = new Uint8Array(archive.length + RECORD_bytes + LOCATOR_bytes);
  made.set(archive.subarray(0, at));
  made.set(archive.subarray(at), made.length - END_bytes);
  const record = new DataView(made.buffer, at);
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(4, BigInt(RECORD_bytes - 12), true);
  for (const place of [24, 32]) record.setBigUint64(place, BigInt(old.getUint16(10, true)), true);
  record.setBigUint64(40, BigInt(old.getUint32(12, true)), true);
  record.setBigUint64(48, BigInt(old.getUint32(16, true)), true);
  const locator = new DataView(made.buffer, at + RECORD_bytes);
  locator.setUint32(0, 0x07064b50, true);
  locator.setBigUint64(8, BigInt(at), true);
  locator.setUint32(16, 1, true);
  made.fill(0xff, made.length - END_bytes + 8, made.length - 2);
  return made;
}

const text = 'night after night '.repeat(20_000);
const archive = packed({
  'card/': new Uint8Array(0),
  'card/STR.edf': strToU8(text),
  'card/.DS_Store': strToU8('of the computer'),
  '__MACOSX/card/._STR.edf': strToU8('of the computer'),
  'card\\DATALOG\\20230821\\1_PLD.edf': [strToU8('stored'), { level: 0 }],
});

async function onlyOf(bytes: Uint8Array<ArrayBuffer>): Promise<Entry> {
  const [only] = await entriesOf(fileOf(bytes));
  if (only === undefined) throw new Error('the archive is empty');
  return only;
}

describe('a ZIP', () => {
  it('gives its files as they were, and no folders or hidden ones', async () => {
    const entries = await entriesOf(fileOf(archive));
    expect(entries.map(({ path, size, fault }) => [path, size, fault])).toEqual([
      ['card/STR.edf', text.length, undefined],
      ['card/DATALOG/20230821/1_PLD.edf', 6, undefined],
    ]);
    const [first, second] = await Promise.all(entries.map((entry) => bytesOf(entry.whole())));
    expect(new TextDecoder().decode(first)).toBe(text);
    expect(new TextDecoder().decode(second)).toBe('stored');
    const heads = await Promise.all(entries.map((entry) => bytesOf(entry.head())));
    expect(heads.map(({ length }) => length)).toEqual([64 << 10, 6]);
  });

  it('is known by how it begins, or by its name', async () => {
    expect(await isArchive(fileOf(archive, 'nights'))).toBe(true);
    expect(await isArchive(fileOf(Uint8Array.of(1), 'nights.ZIP'))).toBe(true);
    expect(await isArchive(fileOf(new Uint8Array(256), 'night.edf'))).toBe(false);
    expect(await isArchive(fileOf(new Uint8Array(0), 'night.edf'))).toBe(false);
  });

  it.each([
    ['that is cut off', archive.slice(0, archive.length - 200), 'broken'],
    ['that is none', new Uint8Array(300), 'broken'],
    ['of which the directory is torn', changed(archive, 0, [0]), 'broken'],
    ['that counts more files than it lists', Uint8Array.from([...archive.slice(0, -12), 0xff, 0xff, ...archive.slice(-10)]), 'broken'],
  ])('%s is refused as a whole', async (_, bytes, fault) => {
    await expect(entriesOf(fileOf(bytes))).rejects.toMatchObject({ fault, place: 0 });
  });

  const one = packed({ 'a.edf': strToU8(text) });

  it('has more files than old archives could count, and not without end', async () => {
    expect(await entriesOf(fileOf(listing(one, 70_000)))).toHaveLength(70_000);
    await expect(entriesOf(fileOf(listing(one, 100_001)))).rejects.toMatchObject({ fault: 'many', place: 0 });
  }, 30_000);

  it('may be one of ZIP64', async () => {
    const entry = await onlyOf(wide(one));
    expect(new TextDecoder().decode(await bytesOf(entry.whole()))).toBe(text);
  });

  it.each([
    ['has a password', changed(one, 8, [1]), 'password'],
    ['is packed in a way that is not known', changed(one, 10, [99]), 'packing'],
    ['says that it is larger than a browser can hold', changed(one, 24, [0, 0, 0, 0x7f]), 'large'],
    ['is an archive', packed({ 'more.ZIP': one }), 'nested'],
  ])('with a file that %s says so before anything is unpacked', async (_, bytes, fault) => {
    const entry = await onlyOf(bytes);
    expect(entry.fault).toMatchObject({ fault, place: 1 });
    await expect(entry.whole()).rejects.toBe(entry.fault);
  });

  const torn = one.slice();
  torn.set([0xff, 0xff, 0xff, 0xff], 60);
  it.each([
    ['unpacks to more than it says', changed(one, 24, [10, 0, 0, 0])],
    ['unpacks to less than it says', changed(one, 24, [0, 0, 0, 0x3f])],
    ['has another check sum', changed(one, 16, [1, 2, 3, 4])],
    ['is torn', torn],
    ['lies nowhere', changed(one, 42, [0, 0, 0, 0x10])],
  ])('with a file that %s gives nothing of it', async (_, bytes) => {
    const entry = await onlyOf(bytes);
    expect(entry.fault).toBeUndefined();
    await expect(entry.whole()).rejects.toMatchObject({ fault: 'damaged', place: 1 });
  });

  it('has names by the code page of whoever packed it', async () => {
    const names = packed({ 'xxxx.edf': strToU8('night') });
    // 夜晚 by GB 18030.
    const gbk = [0xd2, 0xb9, 0xcd, 0xed];
    for (const [kind, place] of [[LOCAL, 30], [LISTED, 46]] as const) {
      for (const at of headers(names, kind)) names.set(gbk, at + place);
    }
    expect((await onlyOf(names)).path).toBe('夜晚.edf');
  });
});
