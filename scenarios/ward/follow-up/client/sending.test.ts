import { strToU8, zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { describe, expect, it } from 'vitest';
import { ApiError, errorOfStatus } from '../../../../client/core/api';
import { edf } from '../recording';
import type { Made } from '../recording';
import { foundHere, nothingYet, sendNights } from './sending';
import type { Came } from './sending';
import en from './words.en.json';

const spo2: Made = { label: 'SpO2', samples: 1, record: () => [182, 3] };
const eeg: Made = { label: 'EEG Fpz-Cz', samples: 1, record: () => [1, 0] };

const zipped = (files: Zippable): File => new File([new Uint8Array(zipSync(files))], 'nights.zip');

interface Sent {
  readonly files: readonly { readonly path: string; readonly base64: string }[];
  readonly cut?: readonly unknown[];
}

interface Went {
  readonly sent: readonly Sent[];
  readonly told: readonly string[];
  readonly came: Came;
  readonly error: unknown;
}

/** What goes to the hospital, which answers each part so. */
async function go(chosen: readonly File[], answer: (n: number) => unknown = () => undefined): Promise<Went> {
  const sent: Sent[] = [];
  const told: string[] = [];
  const came = nothingYet();
  const post = (body: Sent): Promise<Record<never, never>> => {
    sent.push(body);
    const error = answer(sent.length);
    return error === undefined ? Promise.resolve({}) : Promise.reject(error as Error);
  };
  const error: unknown = await sendNights(chosen, came, post, (n, all) => told.push(`${n}/${all}`)).then(
    () => undefined,
    (why: unknown) => why,
  );
  return { sent, told, came, error };
}

const paths = ({ sent }: Went): string[][] => sent.map(({ files }) => files.map(({ path }) => path));

describe('a ZIP of nights', () => {
  const card = {
    'card/Identification.tgt': strToU8('machine'),
    'card/STR.edf': edf([{ ...spo2, label: 'SpO2.50' }], 1),
    'card/DATALOG/20230821/1_PLD.edf': edf([spo2], 2),
    // It breaks off, and stays.
    'card/DATALOG/20230821/1_BRP.edf': edf([eeg], 3).slice(0, -2),
    'oximeter/1.edf': edf([eeg, spo2], 4),
    'letter.txt': strToU8('no night'),
  };

  it('goes as the folder of the card and the recordings in it would', async () => {
    const went = await go([zipped(card)]);
    expect(went.error).toBeUndefined();
    expect(paths(went)).toEqual([
      ['card/Identification.tgt', 'card/STR.edf'],
      ['card/Identification.tgt', 'card/DATALOG/20230821/1_PLD.edf'],
      ['oximeter/1.edf'],
    ]);
    expect(went.told).toEqual(['1/3', '2/3', '3/3']);
    expect(went.came).toMatchObject({ taken: 3, staying: 1, broken: [] });
    expect(went.sent.map(({ cut }) => cut)).toEqual([
      [{ path: 'card/DATALOG/20230821/1_BRP.edf', missing_s: 1, left_out_s: 0 }],
      undefined,
      undefined,
    ]);
    // Only the saturation leaves this device, and nobody's name.
    const night = atob(went.sent[2]?.files[0]?.base64 ?? '');
    expect(night).toContain('SpO2');
    expect(night).not.toMatch(/EEG|Nobody/);
  });

  it('goes on where the hospital cannot use one of its nights, and stops where nothing can go', async () => {
    const refused = new ApiError('invalid', 422, '没有夜间数据 · no night in it', undefined, undefined);
    const some = await go([zipped(card)], (n) => (n === 2 ? refused : undefined));
    expect(some.came).toMatchObject({ taken: 2, broken: [{ path: 'card/DATALOG/20230821/1_PLD.edf', why: { zh: '没有夜间数据', en: 'no night in it' } }] });
    const unreachable = await go([zipped(card)], (n) => (n === 2 ? errorOfStatus(0) : undefined));
    expect(unreachable.error).toBeInstanceOf(ApiError);
    expect(unreachable.came.taken).toBe(1);
  });

  it('keeps a recording without a saturation here, and names it', async () => {
    const went = await go([zipped({ '1.edf': edf([spo2], 2), '2.edf': edf([eeg], 2) })]);
    expect(paths(went)).toEqual([['1.edf']]);
    expect(went.came.broken).toMatchObject([{ path: '2.edf', why: { en: en.noSaturation } }]);
  });

  it('names an archive that lies in it, and takes the rest', async () => {
    const went = await go([zipped({ '1.edf': edf([spo2], 2), 'more.zip': zipSync(card) })]);
    expect(went.came).toMatchObject({ taken: 1, broken: [{ path: 'more.zip', why: { en: en['zip.nested'].replace('{n}', '2') } }] });
    const alone = await go([zipped({ 'more.zip': zipSync(card) })]);
    expect(foundHere(alone.error)?.en).toBe(en['zip.nested'].replace('{n}', '1'));
  });

  it('is refused before anything is sent where one of its nights has a password', async () => {
    const archive = new Uint8Array(zipSync({ '1.edf': edf([spo2], 2), '2.edf': edf([spo2], 2) }));
    const last = archive.lastIndexOf(0x02, archive.length - 22);
    let at = last;
    while (!(archive[at] === 0x50 && archive[at + 1] === 0x4b && archive[at + 2] === 1)) at -= 1;
    archive[at + 8] = 1;
    const went = await go([new File([archive], 'nights.zip')]);
    expect(went.sent).toEqual([]);
    expect(foundHere(went.error)?.en).toBe(en['zip.password'].replace('{n}', '2'));
  });

  it('without a night, and one that is not whole, are refused in words', async () => {
    const empty = await go([zipped({ 'letter.txt': strToU8('no night') })]);
    expect(foundHere(empty.error)?.en).toBe(en.noNights);
    const bytes = new Uint8Array(zipSync(card));
    const broken = await go([new File([bytes.slice(0, bytes.length / 2)], 'nights.zip')]);
    expect(foundHere(broken.error)?.en).toBe(en['zip.broken']);
  });
});

describe('one recording', () => {
  it('goes with its saturation, however large it is; without one the hospital says what is wrong', async () => {
    const night = await go([new File([edf([eeg, spo2], 4).slice(0, -1)], 'night.edf')]);
    expect(night.sent).toMatchObject([{ files: [{ path: 'night.edf' }], cut: [{ path: 'night.edf', missing_s: 1 }] }]);
    const other = await go([new File([strToU8('no recording')], 'night.edf')]);
    expect(paths(other)).toEqual([['night.edf']]);
    const large = await go([new File([new Uint8Array(6_000_000)], 'night.edf')]);
    expect(foundHere(large.error)?.en).toBe(en.tooLarge.replace('{name}', 'night.edf'));
  });
});
