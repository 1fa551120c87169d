/** Nights on their way to the hospital: files as they were chosen, out of a ZIP too, part by part. */
import { ApiError } from '../../../../client/core/api';
import { detailIn } from '../../../../client/core/language';
import type { Text } from '../../../../client/core/language';
import { bundles, isAlone, MOST_bytes, staying, toBase64 } from './card';
import type { CardFile } from './card';
import type { BrokenFile, NightsRead, ShortNight } from './course';
import { cutOf, thinned } from './thin';
import type { Cut } from './thin';
import { inBoth } from './words';
import { ArchiveError, entriesOf, isArchive } from './zip';

/** Bytes that are read when their turn comes. */
interface Source {
  readonly fault?: ArchiveError | undefined;
  head(): Promise<Blob>;
  whole(): Promise<Blob>;
}

type Part = readonly CardFile<Source>[];

interface SaidCut extends Cut {
  readonly path: string;
}

interface Body {
  readonly files: readonly { readonly path: string; readonly base64: string }[];
  readonly cut?: readonly SaidCut[];
}

type Post = (body: Body) => Promise<{ readonly read?: NightsRead }>;

/** What came of the files so far. */
export interface Came {
  /** Parts that the hospital took. */
  taken: number;
  readonly broken: BrokenFile[];
  readonly short: ShortNight[];
  /** Files that stayed on the card. */
  staying: number;
}

/** The most archives within an archive that are named. */
const MOST_nested = 100;

export const nothingYet = (): Came => ({ taken: 0, broken: [], short: [], staying: 0 });

/** Files of which nothing can be sent. */
class Unusable extends Error {
  constructor(readonly why: Text) {
    super(why.en);
    this.name = 'Unusable';
  }
}

/** Why files cannot be sent, where that was found here. */
export function foundHere(error: unknown): Text | undefined {
  if (error instanceof Unusable) return error.why;
  return error instanceof ArchiveError ? inBoth(`zip.${error.fault}`, { n: error.place }) : undefined;
}

/** Why one part cannot be taken, where the others may be. */
function ofPart(error: unknown): Text | undefined {
  if (!(error instanceof ApiError) || error.kind !== 'invalid') return foundHere(error);
  const { detail } = error;
  return { zh: detailIn(detail, 'zh') ?? detail, en: detailIn(detail, 'en') ?? detail };
}

/** Sends what was chosen; `came` holds what went even where the rest fails. */
export async function sendNights(chosen: readonly File[], came: Came, post: Post, tell: (n: number, all: number) => void): Promise<void> {
  const files = await filesOf(chosen);
  const nested = files.flatMap(({ path, file }) => (file.fault?.fault === 'nested' ? [{ path, fault: file.fault }] : []));
  const { all, tooLarge } = bundles(files);
  const left = staying(files);
  const [first] = nested;
  if (all.length === 0) throw first?.fault ?? new Unusable(inBoth('noNights'));
  const unread = all.flat().find(({ file }) => file.fault !== undefined)?.file.fault;
  if (unread !== undefined) throw unread;
  if (tooLarge !== undefined) throw new Unusable(inBoth('tooLarge', { name: tooLarge }));
  came.staying = left.length;
  for (const { path, fault } of nested.slice(0, MOST_nested)) came.broken.push({ path, code: 'file-unreadable', why: inBoth('zip.nested', { n: fault.place }) });
  // What is wrong with files that stay is said once, with the first part that is taken.
  let waiting: readonly SaidCut[] = await cutsOf(left);
  for (const [at, part] of all.entries()) {
    tell(at + 1, all.length);
    try {
      const { files: sent, cut = [] } = await bodyOf(part, all.length === 1);
      const said = [...waiting, ...cut];
      const { read } = await post({ files: sent, ...(said.length > 0 && { cut: said }) });
      waiting = [];
      came.taken += 1;
      came.broken.push(...(read?.broken ?? []));
      came.short.push(...(read?.short ?? []));
    } catch (error) {
      const why = all.length > 1 ? ofPart(error) : undefined;
      if (why === undefined) throw error;
      came.broken.push({ path: part.at(-1)?.path ?? '', code: 'file-unreadable', why });
    }
  }
}

async function filesOf(chosen: readonly File[]): Promise<Part> {
  const [only, ...others] = chosen;
  if (only !== undefined && others.length === 0 && (await isArchive(only))) {
    const entries = await entriesOf(only);
    return entries.map((entry) => ({ path: entry.path, size: entry.size, file: entry }));
  }
  return chosen.map((file) => {
    const whole = (): Promise<Blob> => Promise.resolve(file);
    return { path: file.webkitRelativePath || file.name, size: file.size, file: { head: whole, whole } };
  });
}

/** Which of the files that stay break off. */
async function cutsOf(left: Part): Promise<readonly SaidCut[]> {
  const cuts: SaidCut[] = [];
  for (const { path, size, file } of left) {
    // What cannot even be looked at stays where it is, too.
    const head = await file.head().catch(() => undefined);
    const cut = head && (await cutOf(head, size));
    if (cut) cuts.push({ path, ...cut });
  }
  return cuts;
}

async function bodyOf(part: Part, isOnly: boolean): Promise<Body> {
  const [only] = part;
  if (only !== undefined && isAlone(only.path)) return bodyOfRecording(only, isOnly);
  return { files: await Promise.all(part.map(async ({ path, file }) => asSent(path, await file.whole()))) };
}

/** A recording goes without the signals that nothing is made of: a whole night of sleep would be too large. */
async function bodyOfRecording({ path, file }: CardFile<Source>, isOnly: boolean): Promise<Body> {
  const whole = await file.whole();
  const thin = await thinned(whole);
  // Of one alone the hospital says what is wrong; of many those with a saturation are meant.
  if (thin === undefined && !isOnly) throw new Unusable(inBoth('noSaturation'));
  const sent = thin ?? whole;
  if (sent.size > MOST_bytes) throw new Unusable(inBoth('tooLarge', { name: path }));
  const cut = thin && (await cutOf(whole));
  return { files: [await asSent(path, sent)], cut: cut ? [{ path, ...cut }] : [] };
}

async function asSent(path: string, bytes: Blob): Promise<Body['files'][number]> {
  return { path, base64: toBase64(new Uint8Array(await bytes.arrayBuffer())) };
}
