/**
 * A recording of a night without the signals that nothing here is made of. A polysomnography has hundreds of megabytes, of
 * which the saturation is a few: only that leaves this device, and who the file says it is about, and by whom, does not.
 */

const HEAD = 256;
/** Lengths of the fields of a signal, each field for all signals before the next (EDF 1992, BDF). */
const FIELDS = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32] as const;
const SAMPLES = 8;
/** A piece of the file that is read at once, in bytes. */
const PIECE = 4 << 20;
/** The server reads a saturation by these names, where it comes each second at least: statistics of days are none. */
const SATURATION = /^s[pa]o2/i;
/** In a recording with gaps they say when each part of it begins. */
const TIMES = /^(?:EDF|BDF) Annotations$/;

/** Which places of the header say how many records there are, and how long one lasts (EDF 1992). */
const RECORDS = 236;
const DURATION = 244;

/** What is not there of a recording that breaks off. The server sees it too, but for what is sent without its torn end. */
export interface Cut {
  /** Seconds that the header promises and no whole record holds; none where it promises nothing. */
  readonly missing_s: number | null;
  /** Seconds of the last record, of which a part only is there. */
  readonly left_out_s: number;
}

interface Layout {
  readonly header: Uint8Array<ArrayBuffer>;
  readonly sampleBytes: number;
  readonly labels: readonly string[];
  readonly samples: readonly number[];
}

const latin = new TextDecoder('latin1');
const textOf = (bytes: Uint8Array, from: number, length: number): string => latin.decode(bytes.subarray(from, from + length)).trim();
const bytesOf = async (part: Blob): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await part.arrayBuffer());

async function layoutOf(file: Blob): Promise<Layout | undefined> {
  const head = await bytesOf(file.slice(0, HEAD));
  if (head.length < HEAD) return undefined;
  const isBdf = head[0] === 0xff && textOf(head, 1, 7) === 'BIOSEMI';
  if (!isBdf && textOf(head, 0, 8) !== '0') return undefined;
  const count = Number(textOf(head, 252, 4));
  if (!Number.isInteger(count) || count < 1) return undefined;
  const header = await bytesOf(file.slice(0, HEAD * (count + 1)));
  if (header.length < HEAD * (count + 1)) return undefined;
  const field = (place: number, signal: number): string => {
    const before = FIELDS.slice(0, place).reduce((sum, length) => sum + length * count, HEAD);
    const length = FIELDS[place] ?? 0;
    return textOf(header, before + signal * length, length);
  };
  const signals = Array.from({ length: count }, (_, signal) => signal);
  const samples = signals.map((signal) => Number(field(SAMPLES, signal)));
  if (samples.some((one) => !Number.isInteger(one) || one < 1)) return undefined;
  return { header, sampleBytes: isBdf ? 3 : 2, labels: signals.map((signal) => field(0, signal)), samples };
}

const recordOf = ({ samples, sampleBytes }: Layout): number => samples.reduce((sum, one) => sum + one * sampleBytes, 0);

/** What is not there of a recording, of which its head is enough; none where it is whole, or no EDF or BDF. */
export async function cutOf(file: Blob, size = file.size): Promise<Cut | undefined> {
  const layout = await layoutOf(file);
  if (layout === undefined) return undefined;
  const { header } = layout;
  const [promised, seconds] = [Number(textOf(header, RECORDS, 8)), Number(textOf(header, DURATION, 8))];
  if (!Number.isInteger(promised) || promised < -1 || !(seconds >= 0) || !Number.isFinite(seconds)) return undefined;
  const record = recordOf(layout);
  const body = size - header.length;
  const whole = Math.floor(body / record);
  // −1 is what a recorder writes that was switched off: it promises nothing.
  const missing = promised === -1 ? null : Math.max(promised - whole, 0);
  const torn = body % record;
  if (missing === null ? torn === 0 : missing === 0) return undefined;
  return { missing_s: missing === null ? null : missing * seconds, left_out_s: (torn / record) * seconds };
}

/** The header of what is kept: fewer signals, and nobody's name. */
function headerOf({ header, labels }: Layout, kept: readonly number[]): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(HEAD * (kept.length + 1)).fill(0x20);
  const write = (text: string, at: number): void => made.set(new TextEncoder().encode(text), at);
  made.set(header.subarray(0, HEAD));
  made.fill(0x20, 8, 88);
  write('X X X X', 8);
  // EDF+ writes the year in full there, before who made the recording.
  const start = /^Startdate (\d{1,2}-[a-z]{3}-\d{4})(?: |$)/i.exec(textOf(header, 88, 80))?.[1] ?? 'X';
  made.fill(0x20, 88, 168);
  write(`Startdate ${start} X X X`, 88);
  made.fill(0x20, 184, 192);
  write(String(made.length), 184);
  made.fill(0x20, 252, HEAD);
  write(String(kept.length), 252);
  let [from, to] = [HEAD, HEAD];
  for (const length of FIELDS) {
    for (const signal of kept) {
      made.set(header.subarray(from + signal * length, from + (signal + 1) * length), to);
      to += length;
    }
    from += length * labels.length;
  }
  return made;
}

/**
 * The recording with its saturation only; none where it is no EDF or BDF, or has no saturation. Half a record at the end is
 * left out, which `cutOf` says.
 */
export async function thinned(file: Blob): Promise<Blob | undefined> {
  const layout = await layoutOf(file);
  if (layout === undefined) return undefined;
  const has = (pattern: RegExp): number[] => layout.labels.flatMap((label, signal) => (pattern.test(label) ? [signal] : []));
  const seconds = Number(textOf(layout.header, DURATION, 8));
  const saturation = has(SATURATION).filter((signal) => (layout.samples[signal] ?? 0) >= seconds);
  if (saturation.length === 0) return undefined;
  const kept = [...saturation, ...has(TIMES)].toSorted((one, other) => one - other);
  const sizes = layout.samples.map((samples) => samples * layout.sampleBytes);
  const record = recordOf(layout);
  const starts = sizes.map((_, signal) => sizes.slice(0, signal).reduce((sum, size) => sum + size, 0));
  const records = Math.floor((file.size - layout.header.length) / record);
  const each = Math.max(1, Math.floor(PIECE / record));
  const parts: Uint8Array<ArrayBuffer>[] = [headerOf(layout, kept)];
  for (let first = 0; first < records; first += each) {
    const from = layout.header.length + first * record;
    const piece = await bytesOf(file.slice(from, from + Math.min(each, records - first) * record));
    for (let at = 0; at < piece.length; at += record) {
      for (const signal of kept) {
        const start = at + (starts[signal] ?? 0);
        parts.push(piece.slice(start, start + (sizes[signal] ?? 0)));
      }
    }
  }
  return new Blob(parts);
}
