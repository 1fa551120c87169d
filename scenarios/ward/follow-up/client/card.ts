/** Nights in parts that can be sent: of a therapy device's card its statistics, then one night after the other. Pure. */

/** What one request may hold, in bytes before base64. */
export const MOST_bytes = 5_600_000;

export interface CardFile<F = File> {
  readonly path: string;
  readonly size: number;
  readonly file: F;
}

/** Flow at 25 Hz is by far the largest; nothing is reckoned here of it, nor of the cycles of breathing. */
const UNNEEDED = /_(?:BRP|CSL)\.edf$/i;
/** Each with the folder of its card. */
const NIGHT = /^((?:.*\/)?)DATALOG\/(\d{8})\/[^/]+\.edf$/i;
const STATISTICS = /^((?:.*\/)?)(?:STR\.edf|Identification\.tgt)$/;
const IDENTIFICATION = /(?:^|\/)Identification\.tgt$/;
const RECORDING = /\.(?:edf|bdf|rec)$/i;
const OF_CARD = /(?:^|\/)(?:DATALOG\/|STR\.edf$)/i;

/** Whether a file is a recording by itself. */
export const isAlone = (path: string): boolean => RECORDING.test(path) && !OF_CARD.test(path);

/** Files of nights that stay on the card. */
export function staying<F>(files: readonly CardFile<F>[]): readonly CardFile<F>[] {
  return files.filter(({ path }) => NIGHT.test(path) && UNNEEDED.test(path));
}

interface Card<F> {
  readonly statistics: CardFile<F>[];
  readonly nights: Map<string, CardFile<F>[]>;
}

/** The requests that send the files of a card. */
function partsOf<F>({ statistics, nights }: Card<F>): CardFile<F>[][] {
  // Which machine wrote it is said with each night, so that what is wrong with a file is counted there.
  const machine = statistics.filter(({ path }) => IDENTIFICATION.test(path));
  const parts = [...nights].toSorted(([one], [other]) => one.localeCompare(other)).map(([, night]) => [...machine, ...night]);
  return statistics.length > machine.length ? [statistics, ...parts] : parts;
}

/**
 * The requests that send these files, those of each card before recordings by themselves, and the first part of a card
 * that is too large for one. How large a recording is shows once it is reduced to what is sent of it.
 */
export function bundles<F>(files: readonly CardFile<F>[]): { all: CardFile<F>[][]; tooLarge?: string } {
  const cards = new Map<string, Card<F>>();
  const cardIn = (folder: string): Card<F> => {
    const card = cards.get(folder) ?? { statistics: [], nights: new Map<string, CardFile<F>[]>() };
    cards.set(folder, card);
    return card;
  };
  for (const file of files) {
    const [, folder, night] = NIGHT.exec(file.path) ?? STATISTICS.exec(file.path) ?? [];
    if (folder === undefined) continue;
    const { statistics, nights } = cardIn(folder);
    if (night === undefined) statistics.push(file);
    if (night === undefined || UNNEEDED.test(file.path)) continue;
    const ofNight = nights.get(night) ?? [];
    ofNight.push(file);
    nights.set(night, ofNight);
  }
  const ofCards = [...cards.values()].flatMap((card) => partsOf(card));
  const alone = files.filter(({ path }) => isAlone(path)).map((file) => [file]);
  const all = [...ofCards, ...alone];
  const large = ofCards.find((part) => part.reduce((sum, { size }) => sum + size, 0) > MOST_bytes);
  return large === undefined ? { all } : { all, tooLarge: large[0]?.path ?? '' };
}

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  const CHUNK = 8192;
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
