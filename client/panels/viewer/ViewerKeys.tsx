/** All keys and gestures of the viewer. */
import type { JSX } from 'solid-js';
import { For } from 'solid-js';
import { useApp } from '../../core/app';
import type { Key } from '../../words/words';
import { DataTable } from '../DataTable';
import { Dialog } from '../Dialog';

type KeyRow = readonly [keys: readonly string[], does: Key];

const KEYS: readonly KeyRow[] = [
  [['↑', '↓', '←', '→'], 'keysOf.next'],
  [['PgUp', 'PgDn'], 'keysOf.ten'],
  [['Home', 'End'], 'keysOf.ends'],
  [['+', '−'], 'keysOf.zoom'],
  [['S'], 'vtool.scroll'],
  [['W'], 'vtool.window'],
  [['P'], 'vtool.pan'],
  [['Z'], 'vtool.zoom'],
  [['X'], 'vtool.cross'],
  [['L'], 'vtool.length'],
  [['A'], 'vtool.angle'],
  [['R'], 'vtool.rectangle'],
  [['E'], 'vtool.ellipse'],
  [['O'], 'vtool.probe'],
  [['T'], 'vtool.text'],
  [['↑', '↓', '←', '→', 'Enter'], 'keysOf.draw'],
  [['Esc'], 'keysOf.leave'],
  [['Delete'], 'keysOf.remove'],
  [['Ctrl Z'], 'vaction.undo'],
  [['Ctrl Y'], 'vaction.redo'],
  [['1', '…', '6', '0'], 'keysOf.presets'],
  [['F'], 'vaction.fit'],
  [[']'], 'vaction.turn'],
  [['H'], 'vaction.mirror-across'],
  [['V'], 'vaction.mirror-down'],
  [['I'], 'vaction.invert'],
  [['C'], 'vaction.cine'],
  [['K'], 'viewer.markKey'],
  [['M'], 'layout.mpr'],
  [['G'], 'viewer.layout'],
  [['N'], 'viewer.present'],
  [['B'], 'viewer.overlay'],
  [['`'], 'keysOf.pane'],
  [['?'], 'viewer.help'],
];

export function ViewerKeys(props: { open: boolean; onClose(): void }): JSX.Element {
  const { t } = useApp();
  const rows = (): readonly KeyRow[] => [
    ...KEYS,
    [[t('keysOf.wheel')], 'keysOf.wheelDoes'],
    [[t('keysOf.buttons')], 'keysOf.buttonsDo'],
    [[t('keysOf.fingers')], 'keysOf.fingersDo'],
  ];
  return (
    <Dialog open={props.open} title={t('keysOf.title')} onClose={() => props.onClose()}>
      <p class="soft small">{t('keysOf.where')}</p>
      <DataTable<KeyRow>
        caption={t('keysOf.title')}
        rows={rows()}
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
