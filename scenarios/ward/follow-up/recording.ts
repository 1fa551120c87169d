/** Recordings as files, by the table of EDF (1992). */

export interface Made {
  readonly label: string;
  readonly samples: number;
  /** The bytes of one record. */
  readonly record: (record: number) => readonly number[];
}

export const pad = (text: string | number, length: number): string => String(text).padEnd(length);

/** A file of records of a second; `reserved` says whether it is EDF+. */
export function edf(signals: readonly Made[], records: number, reserved = ''): Uint8Array<ArrayBuffer> {
  const head =
    pad('0', 8) + pad('Nobody at all', 80) + pad('Startdate 20-NOV-2026 PSG-815 Nobody_either x', 80) + '20.11.2623.00.00' +
    pad(256 * (signals.length + 1), 8) + pad(reserved, 44) + pad(records, 8) + pad(1, 8) + pad(signals.length, 4);
  const field = (length: number, of: (one: Made) => string | number): string => signals.map((one) => pad(of(one), length)).join('');
  const fields =
    field(16, ({ label }) => label) + field(80, () => 'x') + field(8, () => '%') + field(8, () => 0) + field(8, () => 100) +
    field(8, () => 0) + field(8, () => 1000) + field(80, () => '') + field(8, ({ samples }) => samples) + field(32, () => '');
  const data = Array.from({ length: records }, (_, record) => signals.flatMap((one) => one.record(record))).flat();
  return Uint8Array.from([...new TextEncoder().encode(head + fields), ...data]);
}

/** Four and a half hours of a saturation of 95 % with a fall to 88 % for half a minute in each ten. */
export function nightOfFalls(): Uint8Array<ArrayBuffer> {
  const tenths = (second: number): number => (second % 600 >= 300 && second % 600 < 330 ? 880 : 950);
  const spo2 = { label: 'SpO2', samples: 1, record: (second: number) => [tenths(second) & 0xff, tenths(second) >> 8] };
  return edf([spo2], 16_200);
}
