/** What the plot shows, as a table: the newest first, gaps as rows of their own. */
import { Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { asideIn } from '../../core/language';
import { DataTable } from '../DataTable';
import { marksText } from './marks';
import type { Marked } from './marks';
import type { Bucket, Span } from './span';
import { timeIn } from './time';

interface TableProps {
  readonly buckets: readonly Bucket[];
  readonly gaps: readonly Span[];
  readonly marked: readonly Marked[];
  readonly bucket_ms: number;
  readonly unit: string;
}

/** A bucket, one of which all that came measured nothing, or a gap. */
type Row = { readonly at: number; readonly bucket: Bucket } | { readonly at: number } | { readonly at: number; readonly gap: Span };

export function SignalTable(props: TableProps): JSX.Element {
  const app = useApp();
  const marks = createMemo(() => new Map(props.marked.map((one) => [one[0], one] as const)));
  const rows = createMemo((): readonly Row[] => {
    const measured = new Set(props.buckets.map(([start]) => start));
    return [
      ...props.buckets.map((bucket): Row => ({ at: bucket[0], bucket })),
      ...props.marked.filter(([start]) => !measured.has(start)).map(([at]): Row => ({ at })),
      ...props.gaps.map((gap): Row => ({ at: gap[0], gap })),
    ].toSorted((a, b) => b.at - a.at);
  });
  // As finely as the buckets are long.
  const time = (ms: number): string => timeIn(ms, [ms, ms + Math.min(props.bucket_ms * 2, 3_600_000)], app.language());
  const shown = (value: number): string => value.toLocaleString(app.language(), { maximumSignificantDigits: 6 });
  const marked = (row: Row): string => {
    const found = 'gap' in row ? undefined : marks().get(row.at);
    return found ? marksText(found[2], app.language()) + asideIn(String(found[1]), app.language()) : '';
  };
  const value = (row: Row, of: 1 | 2 | 3): string => ('bucket' in row ? shown(row.bucket[of]) : '–');
  return (
    <Show when={rows().length > 0}>
      <details class="small">
        <summary>{app.t('signals.table', { n: rows().length })}</summary>
        <DataTable
          caption={app.t('signals.table', { n: rows().length })}
          rows={rows()}
          columns={[
            {
              heading: app.t('signals.time'),
              cell: (row) => ('gap' in row ? `${time(row.gap[0])} – ${time(row.gap[1])} ${app.t('signals.gap')}` : time(row.at)),
            },
            { heading: `${app.t('signals.mean')} ${props.unit === '1' ? '' : props.unit}`, numeric: true, cell: (row) => value(row, 3) },
            { heading: app.t('signals.least'), numeric: true, cell: (row) => value(row, 1) },
            { heading: app.t('signals.greatest'), numeric: true, cell: (row) => value(row, 2) },
            { heading: app.t('signals.count'), numeric: true, cell: (row) => ('bucket' in row ? row.bucket[4] : 0) },
            ...(props.marked.length > 0 ? [{ heading: app.t('signals.marks'), cell: marked }] : []),
          ]}
        />
      </details>
    </Show>
  );
}
