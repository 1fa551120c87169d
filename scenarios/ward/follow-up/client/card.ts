/** A therapy device's card in parts that can be sent: its statistics, then one night after the other. Pure. */

/** What one request may hold, in bytes before base64. */
export const MOST_bytes = 5_600_000;

export interface CardFile<F = File> {
  readonly path: string;
  readonly size: number;
  readonly file: F;
}

/** Flow at 25 Hz is by far the largest; nothing is reckoned here of it, nor of the cycles of breathing. */
const UNNEEDED = /_(?:BRP|CSL)\.edf$/i;
const NIGHT = /(?:^|\/)DATALOG\/(\d{8})\/[^/]+\.edf$/i;
const IDENTIFICATION = /(?:^|\/)Identification\.tgt$/;
const STATISTICS = /(?:^|\/)(?:STR\.edf|Identification\.tgt)$/;
const RECORDING = /\.(?:edf|bdf|rec)$/i;

/** Files of nights that stay on the card. */
export function staying<F>(files: readonly CardFile<F>[]): readonly CardFile<F>[] {
  return files.filter(({ path }) => NIGHT.test(path) && UNNEEDED.test(path));
}

/** The requests that send these files, and the first part that is too large for one. */
export function bundles<F>(files: readonly CardFile<F>[]): { all: CardFile<F>[][]; tooLarge?: string } {
  const nights = new Map<string, CardFile<F>[]>();
  const statistics = files.filter(({ path }) => STATISTICS.test(path));
  for (const file of files) {
    const night = NIGHT.exec(file.path)?.[1];
    if (night !== undefined && !UNNEEDED.test(file.path)) nights.set(night, [...(nights.get(night) ?? []), file]);
  }
  // Which machine wrote it is said with each night, so that what is wrong with a file is counted there.
  const machine = files.filter(({ path }) => IDENTIFICATION.test(path));
  const parts = [...nights].toSorted(([one], [other]) => one.localeCompare(other)).map(([, night]) => [...machine, ...night]);
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
