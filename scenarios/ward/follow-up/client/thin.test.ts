import { describe, expect, it } from 'vitest';
import { edf, pad } from '../recording';
import type { Made } from '../recording';
import { cutOf, thinned } from './thin';

const eeg: Made = { label: 'EEG Fpz-Cz', samples: 4, record: (record) => Array.from({ length: 8 }, (_, at) => record + at) };
const spo2: Made = { label: 'SpO2', samples: 2, record: (record) => [200, record, 201, record] };
const times: Made = { label: 'EDF Annotations', samples: 3, record: (record) => [0x2b, 0x30 + record, 0x14, 0x14, 0, 0] };

const bytes = async (blob: Blob | undefined): Promise<number[]> => [...new Uint8Array(await (blob as Blob).arrayBuffer())];

describe('a night without what nothing is made of', () => {
  it('is the file that a recorder of the saturation alone would have written', async () => {
    const thin = await thinned(new Blob([edf([eeg, spo2, eeg, times], 5, 'EDF+D')]));
    const alone = edf([spo2, times], 5, 'EDF+D');
    alone.set(new TextEncoder().encode(pad('X X X X', 80) + pad('Startdate 20-NOV-2026 X X X', 80)), 8);
    expect(await bytes(thin)).toEqual([...alone]);
  });
  it('has no name of anybody', async () => {
    const thin = await thinned(new Blob([edf([spo2], 1)]));
    expect(new TextDecoder('latin1').decode(Uint8Array.from(await bytes(thin)))).not.toContain('Nobody');
  });
  it('ends with the last whole record', async () => {
    const whole = edf([eeg, spo2], 4);
    const thin = await thinned(new Blob([whole.subarray(0, whole.length - 3)]));
    expect((await bytes(thin)).length).toBe(256 * 2 + 3 * 4);
  });
  it.each([
    ['whole', 4, 0, undefined],
    ['torn in its last record', 4, 3, { missing_s: 1, left_out_s: 9 / 12 }],
    ['shorter than it promises', 9, 0, { missing_s: 5, left_out_s: 0 }],
    ['of a recorder that was switched off', -1, 0, undefined],
    ['of a recorder that was switched off in a record', -1, 6, { missing_s: null, left_out_s: 0.5 }],
    ['longer than it promises', 2, 1, undefined],
  ])('says what is not there of one that is %s', async (_, promised, cut, expected) => {
    const file = edf([eeg, spo2], 4);
    file.set(new TextEncoder().encode(pad(promised, 8)), 236);
    expect(await cutOf(new Blob([file.subarray(0, file.length - cut)]))).toEqual(expected);
  });
  it('says nothing of what is no recording', async () => {
    expect(await cutOf(new Blob(['no recording']))).toBeUndefined();
  });
  it('is none of what is no recording, or has no saturation', async () => {
    expect(await thinned(new Blob(['no recording']))).toBeUndefined();
    expect(await thinned(new Blob([edf([eeg], 2)]))).toBeUndefined();
    // A card's statistics by themselves: one value a day.
    const ofDays = edf([{ ...spo2, label: 'SpO2.50' }], 2);
    ofDays.set(new TextEncoder().encode(pad(86_400, 8)), 244);
    expect(await thinned(new Blob([ofDays]))).toBeUndefined();
    expect(await thinned(new Blob([edf([spo2], 2).subarray(0, 400)]))).toBeUndefined();
  });
});
