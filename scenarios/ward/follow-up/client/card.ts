/** A therapy device's card in parts that can be sent: its statistics, then one night after the other. Pure. */

/** What one request may hold, in bytes before base64. */
export const MOST_bytes = 700_000;

export interface CardFile<F = File> {
  readonly path: string;
  readonly size: number;
  readonly file: F;
}

/** Flow at 25 Hz is by far the largest and says nothing that is kept here. */
const UNNEEDED = /_(?:BRP|CSL)\.edf$/i;
const NIGHT = /(?:^|\/)DATALOG\/(\d{8})\/[^/]+\.edf$/i;
const STATISTICS = /(?:^|\/)(?:STR\.edf|Identification\.tgt)$/;
const RECORDING = /\.(?:edf|bdf|rec)$/i;

/** The requests that send these files, and the first part that is too large for one. */
export function bundles<F>(files: readonly CardFile<F>[]): { all: CardFile<F>[][]; tooLarge?: string } {
  const nights = new Map<string, CardFile<F>[]>();
  const statistics = files.filter(({ path }) => STATISTICS.test(path));
  for (const file of files) {
    const night = NIGHT.exec(file.path)?.[1];
    if (night !== undefined && !UNNEEDED.test(file.path)) nights.set(night, [...(nights.get(night) ?? []), file]);
  }
  const parts = [...nights].toSorted(([one], [other]) => one.localeCompare(other)).map(([, night]) => night);
  const [only, ...others] = files;
  const isOne = parts.length === 0 && statistics.length === 0 && only !== undefined && others.length === 0;
  const whole = isOne && RECORDING.test(only.path) ? [[only]] : parts;
  const all = statistics.some(({ path }) => path.endsWith('STR.edf')) ? [statistics, ...whole] : whole;
  const large = all.find((part) => part.reduce((sum, { size }) => sum + size, 0) > MOST_bytes);
  return large === undefined ? { all } : { all, tooLarge: large[0]?.path ?? '' };
}

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  const CHUNK = 8192;
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
