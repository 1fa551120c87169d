import { describe, expect, it } from 'vitest';
import { thinned } from './thin';

interface Made {
  readonly label: string;
  readonly samples: number;
  /** The bytes of one record. */
  readonly record: (record: number) => number[];
}

const pad = (text: string | number, length: number): string => String(text).padEnd(length);

/** A file by the table of EDF (1992); reserved says whether it is EDF+. */
function edf(signals: readonly Made[], records: number, reserved = ''): Uint8Array<ArrayBuffer> {
  const head =
    pad('0', 8) + pad('Nobody at all', 80) + pad('Startdate 20-NOV-2026', 80) + '20.11.2623.00.00' +
    pad(256 * (signals.length + 1), 8) + pad(reserved, 44) + pad(records, 8) + pad(1, 8) + pad(signals.length, 4);
  const field = (length: number, of: (one: Made) => string | number): string => signals.map((one) => pad(of(one), length)).join('');
  const fields =
    field(16, ({ label }) => label) + field(80, () => 'x') + field(8, () => '%') + field(8, () => 0) + field(8, () => 100) +
    field(8, () => 0) + field(8, () => 1000) + field(80, () => '') + field(8, ({ samples }) => samples) + field(32, () => '');
  const data = Array.from({ length: records }, (_, record) => signals.flatMap((one) => one.record(record))).flat();
  return Uint8Array.from([...new TextEncoder().encode(head + fields), ...data]);
}

const eeg: Made = { label: 'EEG Fpz-Cz', samples: 4, record: (record) => Array.from({ length: 8 }, (_, at) => record + at) };
const spo2: Made = { label: 'SpO2', samples: 2, record: (record) => [200, record, 201, record] };
const times: Made = { label: 'EDF Annotations', samples: 3, record: (record) => [0x2b, 0x30 + record, 0x14, 0x14, 0, 0] };

const bytes = async (blob: Blob | undefined): Promise<number[]> => [...new Uint8Array(await (blob as Blob).arrayBuffer())];

describe('a night without what nothing is made of', () => {
  it('is the file that a recorder of the saturation alone would have written', async () => {
    const thin = await thinned(new Blob([edf([eeg, spo2, eeg, times], 5, 'EDF+D')]));
    const alone = edf([spo2, times], 5, 'EDF+D');
    alone.set(new TextEncoder().encode(pad('X X X X', 80)), 8);
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
  it('is none of what is no recording, or has no saturation', async () => {
    expect(await thinned(new Blob(['no recording']))).toBeUndefined();
    expect(await thinned(new Blob([edf([eeg], 2)]))).toBeUndefined();
    expect(await thinned(new Blob([edf([spo2], 2).subarray(0, 400)]))).toBeUndefined();
  });
});
