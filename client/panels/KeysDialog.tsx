/** A dialog with keys and what they do: the room and the viewer each bring their own table. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { DataTable } from './DataTable';
import { Dialog } from './Dialog';

/** Keys, or gestures, and what they do, in words of the page's language. */
export type KeyRow = readonly [keys: readonly string[], does: string];

interface KeysDialogProps {
  readonly open: boolean;
  readonly title: string;
  /** Where the keys work. */
  readonly where: string;
  readonly rows: readonly KeyRow[];
  onClose(): void;
}

export function KeysDialog(props: KeysDialogProps): JSX.Element {
  const { t } = useApp();
  return (
    <Dialog open={props.open} title={props.title} onClose={() => props.onClose()}>
      <p class="soft small">{props.where}</p>
      <DataTable<KeyRow>
        caption={props.title}
        rows={props.rows}
        columns={[
          {
            heading: t('keys.key'),
            cell: ([keys]) => (
              <span class="keys">
                <For each={keys}>{(key) => <kbd>{key}</kbd>}</For>
              </span>
            ),
          },
          { heading: t('keys.does'), cell: ([, does]) => does },
        ]}
      />
    </Dialog>
  );
}
