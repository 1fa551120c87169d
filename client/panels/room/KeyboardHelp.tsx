/** All keys of the room. They work while the stage or a slice has the focus, and nowhere else. */
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { KeysDialog } from '../KeysDialog';

const KEYS = [
  [['1', '…', '9', '0'], 'keys.tools'],
  [['←', '→', '↑', '↓'], 'keys.turn'],
  [['Shift ←', '…'], 'keys.move'],
  [['Alt ←', '…'], 'keys.walk'],
  [['+', '−'], 'keys.scale'],
  [['PgUp', 'PgDn'], 'keys.depth'],
  [['Enter'], 'keys.place'],
  [['Enter', 'Enter'], 'keys.endLine'],
  [['A'], 'keys.air'],
  [['Home'], 'keys.home'],
  [['Ctrl Z'], 'keys.undo'],
  [['M'], 'keys.microphone'],
  [['G', 'K'], 'keys.handOver'],
  [['?'], 'keys.help'],
  [['Esc'], 'keys.escape'],
] as const;

export function KeyboardHelp(props: { open: boolean; onClose(): void }): JSX.Element {
  const { t } = useApp();
  return (
    <KeysDialog
      open={props.open}
      title={t('keys.title')}
      where={t('keys.where')}
      rows={KEYS.map(([keys, does]) => [keys, t(does)] as const)}
      onClose={() => props.onClose()}
    />
  );
}
