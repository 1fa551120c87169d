/** A plain table: a caption for listeners, headings, rows. Scrolls sideways inside itself where it must, or stacks on a phone. */
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
  /** Whether on a phone each row is a card, each value below its heading: where a row is read as a whole. */
  readonly stacks?: boolean;
}

const kindOf = <Row,>({ numeric = false, whole = false }: Column<Row>): Record<string, boolean> => ({ numeric, whole });

export function DataTable<Row>(props: DataTableProps<Row>): JSX.Element {
  return (
    // What scrolls must be reachable by keyboard.
    <div class="table-holder" tabIndex={0} role="region" aria-label={props.caption}>
      <table class="table" classList={{ stacks: props.stacks ?? false }}>
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
                  {(column) => (
                    <td classList={kindOf(column)} data-label={column.heading}>
                      {column.cell(row)}
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}
