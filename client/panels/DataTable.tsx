/** A plain table: a caption for listeners, headings, rows. Scrolls sideways inside itself where it must. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';

export interface Column<Row> {
  readonly heading: string;
  readonly numeric?: boolean;
  cell(row: Row): JSX.Element;
}

interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}

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
                <th scope="col" class={column.numeric ? 'numeric' : undefined}>
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
                  {(column) => <td class={column.numeric ? 'numeric' : undefined}>{column.cell(row)}</td>}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}
