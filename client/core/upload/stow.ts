/** STOW-RS (PS3.18 section 10.5): the body of a request, and what its answer says of each object. */
import type { DataSet } from '../dicom/json';
import { TAG, itemsOf, numberOf, textOf } from '../dicom/json';

/** Why something was not taken. */
export type RefusalReason =
  | 'not-dicom'
  | 'unreadable'
  | 'missing'
  | 'archive'
  | 'not-understood'
  | 'mismatch'
  | 'class'
  | 'resources'
  | 'not-authorised'
  | 'duplicate'
  | 'failed'
  | 'too-large'
  | 'server';

/** A file that was not taken, and why. */
export interface Refused {
  readonly path: string;
  readonly reason: RefusalReason;
  /** The failure reason as DICOM numbers it, where the server gave one. */
  readonly code?: number;
  /** The server's own sentence, free of health data. */
  readonly detail?: string;
}

/** What became of one object. */
export type Verdict = { readonly stored: true } | ({ readonly stored: false } & Omit<Refused, 'path'>);

/** A failure reason's kind (PS3.18 table I.2-2). */
export function reasonOf(code: number | undefined): RefusalReason {
  if (code === undefined) return 'failed';
  if (code === 0x0111) return 'duplicate';
  if (code === 0x0122) return 'class';
  if (code === 0x0124) return 'not-authorised';
  if (code >> 8 === 0xa7) return 'resources';
  if (code >> 8 === 0xa9) return 'mismatch';
  if (code >> 12 === 0xc) return 'not-understood';
  return 'failed';
}

/** A request's body: parts that refer to the files, so that none is read into memory for it. */
export function stowBody(parts: readonly Blob[], boundary: string): { readonly type: string; readonly body: Blob } {
  const pieces: BlobPart[] = [];
  for (const part of parts) {
    pieces.push(`--${boundary}\r\nContent-Type: application/dicom\r\nContent-Length: ${part.size}\r\n\r\n`, part, '\r\n');
  }
  pieces.push(`--${boundary}--\r\n`);
  return { type: `multipart/related; type="application/dicom"; boundary=${boundary}`, body: new Blob(pieces) };
}

/** Sixteen random bytes: occurs in no object. */
export function freshBoundary(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * What the answer says of each object of a batch, in the batch's order. Objects that the server could not even read
 * are answered without their identifier: they are those of the batch that are named nowhere else.
 */
export function verdictsOf(sops: readonly (string | undefined)[], answer: DataSet): readonly Verdict[] {
  const stored = countBySop(itemsOf(answer, TAG.referencedSops));
  const failures = itemsOf(answer, TAG.failedSops).map(refusalOf);
  const named = new Map(failures.filter(({ sop }) => sop !== undefined).map((one) => [one.sop, one.verdict]));
  const nameless = failures.filter(({ sop }) => sop === undefined).map(({ verdict }) => verdict);
  const answered = stored.size + failures.length > 0;
  let next = 0;
  const verdicts = sops.map((sop): Verdict | undefined => {
    const left = sop === undefined ? 0 : (stored.get(sop) ?? 0);
    if (sop !== undefined && left > 0) {
      stored.set(sop, left - 1);
      return { stored: true };
    }
    return sop === undefined ? undefined : named.get(sop);
  });
  // Of one that is named nowhere: stored if as many are stored as are unnamed, else the nameless refusals in order.
  let unclaimed = [...stored.values()].reduce((sum, count) => sum + count, 0);
  return verdicts.map((verdict, at) => {
    if (verdict) return verdict;
    if (sops[at] === undefined && unclaimed > 0 && next >= nameless.length) {
      unclaimed -= 1;
      return { stored: true };
    }
    return nameless[next++] ?? { stored: false, reason: answered ? 'failed' : 'server' };
  });
}

function countBySop(items: readonly DataSet[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const sop = textOf(item, TAG.referencedSopUid);
    if (sop !== undefined) counts.set(sop, (counts.get(sop) ?? 0) + 1);
  }
  return counts;
}

function refusalOf(item: DataSet): { readonly sop: string | undefined; readonly verdict: Verdict } {
  const code = numberOf(item, TAG.failureReason);
  const detail = textOf(item, TAG.errorComment);
  return {
    sop: textOf(item, TAG.referencedSopUid),
    verdict: {
      stored: false,
      reason: reasonOf(code),
      ...(code === undefined ? {} : { code }),
      ...(detail === undefined ? {} : { detail }),
    },
  };
}
