import { strToU8, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import type { DataSet } from '../dicom/json';
import { encoded, dicomFile } from '../dicom/test-object';
import { entriesOfArchive } from './archive';
import { Batcher, Rate } from './batcher';
import { directoryOf, isDicom, peek } from './peek';
import { UploadSession } from './session';
import type { Sent, UploadDoors, UploadProgress } from './session';
import { reasonOf, stowBody, verdictsOf } from './stow';
import type { Refused } from './stow';
import { walk } from './walk';
import type { Entry, Found } from './walk';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const object = (sop: string, study = '1.2.3', filling = 0): Uint8Array<ArrayBuffer> =>
  dicomFile(CT, sop, {
    '00080016': ['UI', CT],
    '00080018': ['UI', sop],
    '00091010': ['OB', new Uint8Array(filling)],
    '0020000D': ['UI', study],
    '0020000E': ['UI', `${study}.1`],
  });
const file = (path: string, bytes: Uint8Array<ArrayBuffer> | string): Found => ({ path, file: new File([bytes], path.split('/').at(-1) ?? path) });

describe('a walk', () => {
  const leaf = (name: string, readable = true): Entry => ({
    name,
    isFile: true,
    isDirectory: false,
    ...{ file: (done: (file: File) => void, failed: (error: unknown) => void) => (readable ? done(new File(['x'], name)) : failed(new Error('no'))) },
  });
  /** A folder that gives its entries two at a time, as browsers give them by the hundred. */
  const folder = (name: string, inner: Entry[]): Entry => ({
    name,
    isFile: false,
    isDirectory: true,
    ...{
      createReader: () => {
        const left = [...inner];
        return { readEntries: (done: (entries: Entry[]) => void) => done(left.splice(0, 2)) };
      },
    },
  });

  test('goes all the way down and keeps the paths', async () => {
    const counts: number[] = [];
    const dropped = [folder('disc', [leaf('DICOMDIR'), folder('a', [leaf('1'), leaf('2'), leaf('3')]), leaf('locked', false), folder('empty', [])]), leaf('loose')];
    const { found, unreadable } = await walk(dropped, (count) => counts.push(count));
    expect(found.map(({ path }) => path).sort()).toEqual(['disc/DICOMDIR', 'disc/a/1', 'disc/a/2', 'disc/a/3', 'loose']);
    expect(unreadable).toEqual(['disc/locked']);
    expect(counts.at(-1)).toBe(5);
  });
});

describe('a batcher', () => {
  test('closes before it grows too large, and at its number of objects', () => {
    const batcher = new Batcher<{ size: number }>(100, 3);
    const sizes = (batches: readonly (readonly { size: number }[])[]): number[][] => batches.map((batch) => batch.map(({ size }) => size));
    expect(sizes(batcher.add({ size: 60 }))).toEqual([]);
    expect(sizes(batcher.add({ size: 50 }))).toEqual([[60]]);
    expect(sizes(batcher.add({ size: 500 }))).toEqual([[50], [500]]);
    expect(sizes([1, 2, 3].flatMap((size) => batcher.add({ size })))).toEqual([[1, 2, 3]]);
    expect(batcher.flush()).toEqual([]);
  });

  test('a rate goes by the last moments only', () => {
    const rate = new Rate(1000);
    expect(rate.perSecond).toBeUndefined();
    rate.note(0, 0);
    rate.note(1000, 1000);
    expect(rate.perSecond).toBe(1000);
    rate.note(1500, 2000);
    rate.note(2000, 3000);
    expect(rate.perSecond).toBe(500);
    rate.restart();
    expect(rate.perSecond).toBeUndefined();
  });
});

describe('a look at a file', () => {
  test('finds the identifiers of an object, even of one that breaks off', () => {
    expect(peek(object('1.2.9'))).toEqual({ sop: '1.2.9', study: '1.2.3' });
    expect(peek(object('1.2.9', '1.2.3', 5000).subarray(0, 600)).sop).toBe('1.2.9');
    expect(peek(new Uint8Array(10))).toEqual({ sop: undefined, study: undefined });
    expect(isDicom(object('1'))).toBe(true);
    expect(isDicom(strToU8('MZ this is a viewer for another system'))).toBe(false);
    expect(isDicom(new Uint8Array(0))).toBe(false);
  });

  test('reads what a DICOMDIR names', () => {
    const record = (id: string) => ({ '00041500': ['CS', id] as const });
    const directory = dicomFile('1.2.840.10008.1.3.10', '1.9', { '00041220': ['SQ', [record('A\\IM1'), {}, record('A\\IM2')]] });
    expect(directoryOf(directory)).toEqual(['A/IM1', 'A/IM2']);
    expect(directoryOf(new Uint8Array(200))).toBeUndefined();
    expect(encoded({})).toHaveLength(0);
  });
});

describe('a ZIP', () => {
  const stream = (bytes: Uint8Array, size: number): ReadableStream<Uint8Array> => {
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.subarray(at, at + size));
        at += size;
      },
    });
  };

  test('gives its entries as it streams by', async () => {
    const archive = zipSync({ 'a/': new Uint8Array(0), 'a/1.dcm': object('1', '1.2', 3000), 'b.txt': [strToU8('text'), { level: 0 }] });
    const found = new Map<string, Uint8Array | undefined>();
    let last = 0;
    for await (const entry of entriesOfArchive(stream(archive, 100), (bytes) => (last = bytes))) {
      found.set(entry.path, 'bytes' in entry ? entry.bytes : undefined);
    }
    expect([...found.keys()].sort()).toEqual(['a/1.dcm', 'b.txt']);
    expect(found.get('a/1.dcm')).toEqual(object('1', '1.2', 3000));
    expect(last).toBe(archive.length);
  });

  test('that breaks off is an error', async () => {
    const archive = zipSync({ 'a.dcm': [crypto.getRandomValues(new Uint8Array(5000)), { level: 0 }] });
    const read = async (): Promise<void> => {
      for await (const _ of entriesOfArchive(stream(archive.subarray(0, 3000), 500))) expect.unreachable();
    };
    await expect(read()).rejects.toThrow(/invalid zip data|breaks off/);
  });
});

describe('STOW', () => {
  const reference = (sop: string | undefined, reason?: number): Record<string, unknown> => ({
    ...(sop === undefined ? {} : { '00081155': { vr: 'UI', Value: [sop] } }),
    ...(reason === undefined ? {} : { '00081197': { vr: 'US', Value: [reason] } }),
  });
  const answer = (stored: string[], failed: Record<string, unknown>[]): DataSet =>
    ({ '00081199': { vr: 'SQ', Value: stored.map((sop) => reference(sop)) }, '00081198': { vr: 'SQ', Value: failed } }) as DataSet;

  test('is a multipart body that a reader takes apart again', async () => {
    const { type, body } = stowBody([new Blob(['one']), new Blob(['two'])], 'b');
    expect(type).toBe('multipart/related; type="application/dicom"; boundary=b');
    expect(await body.text()).toBe(
      '--b\r\nContent-Type: application/dicom\r\nContent-Length: 3\r\n\r\none\r\n--b\r\nContent-Type: application/dicom\r\nContent-Length: 3\r\n\r\ntwo\r\n--b--\r\n',
    );
  });

  test('says of each object what became of it, also of those that could not be read', () => {
    const said = verdictsOf(['1', '2', '3', undefined], answer(['1'], [reference('3', 0xa900), reference(undefined, 0xc000), reference(undefined, 0x0122)]));
    expect(said).toEqual([
      { stored: true },
      { stored: false, reason: 'not-understood', code: 0xc000 },
      { stored: false, reason: 'mismatch', code: 0xa900 },
      { stored: false, reason: 'class', code: 0x0122 },
    ]);
  });

  test('an object twice in a batch is answered twice', () => {
    expect(verdictsOf(['1', '1'], answer(['1', '1'], []))).toEqual([{ stored: true }, { stored: true }]);
  });

  test.each([
    [0xa701, 'resources'],
    [0xa900, 'mismatch'],
    [0xc123, 'not-understood'],
    [0x0124, 'not-authorised'],
    [0x0111, 'duplicate'],
    [0x0110, 'failed'],
    [undefined, 'failed'],
  ] as const)('the reason %j is %j', (code, reason) => {
    expect(reasonOf(code)).toBe(reason);
  });
});

describe('an upload', () => {
  /** A hospital that keeps objects and refuses what is named in `broken`. */
  function hospital(options: { broken?: string[]; before?: string[]; answers?: (Sent | undefined)[] } = {}) {
    const kept = new Set(options.before);
    const sent: string[][] = [];
    const answers = [...(options.answers ?? [])];
    const waits: number[] = [];
    const doors: UploadDoors = {
      async send(parts, passed) {
        const sops = await Promise.all(parts.map(async (part) => peek(new Uint8Array(await part.arrayBuffer())).sop ?? ''));
        sent.push(sops);
        const answer = answers.shift();
        if (answer) return answer;
        passed(parts.reduce((sum, { size }) => sum + size, 0));
        const bad = sops.filter((sop) => options.broken?.includes(sop));
        const good = sops.filter((sop) => !bad.includes(sop));
        for (const sop of good) kept.add(sop);
        const item = (sop: string) => ({ '00081155': { vr: 'UI', Value: [sop] } });
        return {
          status: bad.length > 0 ? 202 : 200,
          answer: { '00081199': { vr: 'SQ', Value: good.map(item) }, '00081198': { vr: 'SQ', Value: bad.map(() => ({ '00081197': { vr: 'US', Value: [0xc000] } })) } } as DataSet,
        };
      },
      kept: async () => kept,
      wait: async (attempt) => {
        waits.push(attempt);
      },
    };
    const refused: Refused[] = [];
    let last: UploadProgress | undefined;
    const states: string[] = [];
    const session = new UploadSession(
      doors,
      (progress) => {
        last = progress;
        if (states.at(-1) !== progress.state) states.push(progress.state);
      },
      (more) => refused.push(...more),
    );
    return { session, refused, sent, kept, states, waits, progress: () => last };
  }

  test('stores what is sound and says of the rest why not', async () => {
    const { session, refused, kept, progress } = hospital({ broken: ['1.2'] });
    const files = [file('d/1', object('1.1')), file('d/2', object('1.2')), file('d/3', object('1.3')), file('d/readme.txt', 'hello, this is no image')];
    await session.run(files);
    expect([...kept]).toEqual(['1.1', '1.3']);
    expect(refused).toEqual([
      { path: 'd/readme.txt', reason: 'not-dicom' },
      { path: 'd/2', reason: 'not-understood', code: 0xc000 },
    ]);
    expect(progress()).toMatchObject({ state: 'done', stored: 2, refused: 2, studies: ['1.2.3'] });
    expect(progress()?.bytesDone).toBe(progress()?.bytesTotal);
  });

  test('skips what is kept already, so that choosing again goes on', async () => {
    const { session, sent, progress } = hospital({ before: ['1.1', '1.2'] });
    await session.run(['1.1', '1.2', '1.3'].map((sop) => file(sop, object(sop))));
    expect(sent).toEqual([['1.3']]);
    expect(progress()).toMatchObject({ stored: 1, keptBefore: 2 });
  });

  test('reads archives, and a disc by its DICOMDIR', async () => {
    const record = (id: string) => ({ '00041500': ['CS', id] as const });
    const directory = dicomFile('1.2.840.10008.1.3.10', '1.9', { '00041220': ['SQ', [record('IM1'), record('IM2')]] });
    const { session, refused, kept } = hospital();
    const zip = new Uint8Array(zipSync({ 'x/5.dcm': object('1.5'), 'x/no.txt': strToU8('not an image at all') }));
    await session.run([file('disc/DICOMDIR', directory), file('disc/IM1', object('1.1')), file('all.zip', zip)]);
    expect([...kept].sort()).toEqual(['1.1', '1.5']);
    expect(refused.map(({ path, reason }) => [path, reason])).toEqual([
      ['all.zip/x/no.txt', 'not-dicom'],
      ['disc/IM2', 'missing'],
    ]);
  });

  test('tries again when the line breaks, and when the server is busy', async () => {
    const { session, sent, kept, states, waits } = hospital({ answers: [{ status: 0 }, { status: 503 }] });
    await session.run([file('1', object('1.1'))]);
    expect(sent).toEqual([['1.1'], ['1.1'], ['1.1']]);
    expect([...kept]).toEqual(['1.1']);
    expect(waits).toEqual([1, 2]);
    expect(states).toEqual(['waiting', 'running', 'waiting', 'running', 'done']);
  });

  test('halves a batch until the object that spoils it stands alone', async () => {
    const bad: Sent = { status: 400, detail: 'could not read it' };
    const { session, refused, kept } = hospital({ answers: [bad, bad, bad] });
    await session.run(['1.1', '1.2', '1.3', '1.4'].map((sop) => file(sop, object(sop))));
    expect(refused).toEqual([{ path: '1.1', reason: 'not-understood', detail: 'could not read it' }]);
    expect([...kept].sort()).toEqual(['1.2', '1.3', '1.4']);
  });

  test('waits while paused or signed out, and stops when told', async () => {
    const { session, kept, states, progress } = hospital({ answers: [{ status: 401 }] });
    session.pause();
    const ends = session.run([file('1', object('1.1'))]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(kept.size).toBe(0);
    session.resume();
    while (states.at(-1) !== 'signed-out') await new Promise((resolve) => setTimeout(resolve, 5));
    session.resume();
    await ends;
    expect([...kept]).toEqual(['1.1']);
    expect(progress()?.state).toBe('done');

    const other = hospital();
    other.session.pause();
    const run = other.session.run([file('1', object('1.1'))]);
    other.session.cancel();
    await run;
    expect([other.kept.size, other.progress()?.state]).toEqual([0, 'cancelled']);
  });
});
