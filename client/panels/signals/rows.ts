/** Which series of a patient is shown. */
import type { SignalRow } from '../../../contract/signals';

/** The newest first: who looks at a patient asks what is measured now. */
export const newestFirst = (rows: readonly SignalRow[]): readonly SignalRow[] => rows.toSorted((a, b) => b.last.at_ms - a.last.at_ms);

/** What was chosen, else what was shown before, else the newest: no other series comes under the reader's eyes by itself. */
export function shownOf(sorted: readonly SignalRow[], chosen: string | undefined, before: string | undefined): SignalRow | undefined {
  const found = (series: string | undefined): SignalRow | undefined => sorted.find((one) => one.series === series);
  return found(chosen) ?? found(before) ?? sorted[0];
}
