/** Marks of readings: where they are in a span, and what they say. Pure. */
import type { SignalMark, SignalSpan } from '../../../contract/signals';
import { clausesIn } from '../../core/language';
import type { Language } from '../../core/language';
import { WORDS, translate } from '../../words/words';
import type { Key } from '../../words/words';
import type { Bucket } from './span';

/** Start of a bucket in milliseconds since 1970, how many of its readings are marked, their marks each once. */
export type Marked = NonNullable<SignalSpan['marked']>[number];

/** Buckets with the same marks that follow each other. */
export interface MarkRun {
  readonly from: number;
  /** Where its last bucket begins. */
  readonly last: number;
  readonly count: number;
  readonly marks: readonly SignalMark[];
}

/** With one of these a reading is in no figure. */
const UNMEASURED: ReadonlySet<string> = new Set(['artefact', 'calibrating', 'test']);

const seconds = (ms: number, language: Language): string => (ms / 1_000).toLocaleString(language, { maximumFractionDigits: 1 });

/** What a mark says. */
export function markText(mark: SignalMark, language: Language): string {
  const key = `signals.mark.${mark.code}`;
  if (!(key in WORDS.en)) return mark.text ?? mark.code;
  return translate(language, key as Key, {
    by: seconds(mark.by_ms ?? 0, language),
    doubt: seconds(mark.doubt_ms ?? 0, language),
    text: mark.text ?? mark.code,
  });
}

/** What some marks say; that such readings are in no figure as well. */
export function marksText(marks: readonly SignalMark[], language: Language): string {
  const said = marks.map((mark) => markText(mark, language));
  const isUnmeasured = marks.some(({ code }) => UNMEASURED.has(code));
  return clausesIn(isUnmeasured ? [...said, translate(language, 'signals.markUnmeasured')] : said, language);
}

const namesOf = (marks: readonly SignalMark[]): string => marks.map(({ code, text }) => `${code} ${text ?? ''}`).toSorted().join();

/** Of marks that differ in how much only, the greater. */
function greater(one: readonly SignalMark[], other: readonly SignalMark[]): readonly SignalMark[] {
  const size = ({ by_ms = 0, doubt_ms = 0 }: SignalMark): number => Math.abs(by_ms) + doubt_ms;
  return one.map((mark) => {
    const also = other.find(({ code, text }) => code === mark.code && text === mark.text);
    return also && size(also) > size(mark) ? also : mark;
  });
}

/** Marked buckets as runs: a run ends where the marks are others, or a bucket without marks comes between. */
export function runsOf(marked: readonly Marked[], buckets: readonly Bucket[]): readonly MarkRun[] {
  const starts = new Set(marked.map(([start]) => start));
  const plain = buckets.map(([start]) => start).filter((start) => !starts.has(start));
  const found: MarkRun[] = [];
  for (const [start, count, marks] of marked) {
    const before = found.at(-1);
    const goesOn =
      before !== undefined &&
      namesOf(before.marks) === namesOf(marks) &&
      !plain.some((between) => between > before.last && between < start);
    if (goesOn) found[found.length - 1] = { ...before, last: start, count: before.count + count, marks: greater(before.marks, marks) };
    else found.push({ from: start, last: start, count, marks });
  }
  return found;
}

/** How many readings are marked. */
export function countOf(marked: readonly Marked[]): number {
  return marked.reduce((sum, [, count]) => sum + count, 0);
}
