/** A plain table: a caption for listeners, headings, rows. Scrolls sideways inside itself where it must. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';

export interface Column<Row> {
  readonly heading: string;
  readonly numeric?: boolean;
  /** Whether what stands in it is not broken into rows: a name, an hour. */
  readonly whole?: boolean;
  cell(row: Row): JSX.Element;
}

interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}

const kindOf = <Row,>({ numeric = false, whole = false }: Column<Row>): Record<string, boolean> => ({ numeric, whole });

export function DataTable<Row>(props: DataTableProps<Row>): JSX.Element {
  return (
    // What scrolls must be reachable by keyboard.
    <div class="table-holder" tabIndex={0} role="region" aria-label={props.caption}>
      <table class="table">
        <caption class="for-listeners">{props.caption}</caption>
        <thead>
          <tr>
            <For each={props.columns}>
              {(column) => (
                <th scope="col" classList={kindOf(column)}>
                  {column.heading}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => (
              <tr>
                <For each={props.columns}>
                  {(column) => <td classList={kindOf(column)}>{column.cell(row)}</td>}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}
