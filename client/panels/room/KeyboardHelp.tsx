/** All keys of the room. They work while the stage or a slice has the focus, and nowhere else. */
import type { JSX } from 'solid-js';
import { For } from 'solid-js';
import { useApp } from '../../core/app';
import { DataTable } from '../DataTable';
import { Dialog } from '../Dialog';

const KEYS = [
  [['1', '…', '6'], 'keys.tools'],
  [['←', '→', '↑', '↓'], 'keys.turn'],
  [['Shift ←', '…'], 'keys.move'],
  [['Alt ←', '…'], 'keys.walk'],
  [['+', '−'], 'keys.scale'],
  [['PgUp', 'PgDn'], 'keys.depth'],
  [['Enter'], 'keys.place'],
  [['Home'], 'keys.home'],
  [['Ctrl Z'], 'keys.undo'],
  [['?'], 'keys.help'],
  [['Esc'], 'keys.escape'],
] as const;

type KeyRow = (typeof KEYS)[number];

export function KeyboardHelp(props: { open: boolean; onClose(): void }): JSX.Element {
  const { t } = useApp();
  return (
    <Dialog open={props.open} title={t('keys.title')} onClose={() => props.onClose()}>
      <p class="soft small">{t('keys.where')}</p>
      <DataTable<KeyRow>
        caption={t('keys.title')}
        rows={KEYS}
        columns={[
          {
            heading: t('keys.key'),
            cell: ([keys]) => (
              <span class="keys">
                <For each={keys}>{(key) => <kbd>{key}</kbd>}</For>
              </span>
            ),
          },
          { heading: t('keys.does'), cell: ([, does]) => t(does) },
        ]}
      />
    </Dialog>
  );
}
