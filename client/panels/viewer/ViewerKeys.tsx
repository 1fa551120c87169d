/** All keys and gestures of the viewer. */
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { KeysDialog } from '../KeysDialog';

const KEYS = [
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
  [['J'], 'vtool.nodule'],
  [['U'], 'vtool.brush'],
  [['Y'], 'vtool.eraser'],
  [['[', ']'], 'keysOf.brushSize'],
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
  [['D'], 'viewer.drawings'],
  [['`'], 'keysOf.pane'],
  [['?'], 'viewer.help'],
] as const;
/** Of the mouse and the fingers; their names are words too. */
const GESTURES = [
  ['keysOf.wheel', 'keysOf.wheelDoes'],
  ['keysOf.buttons', 'keysOf.buttonsDo'],
  ['keysOf.fingers', 'keysOf.fingersDo'],
] as const;

export function ViewerKeys(props: { open: boolean; onClose(): void }): JSX.Element {
  const { t } = useApp();
  return (
    <KeysDialog
      open={props.open}
      title={t('keysOf.title')}
      where={t('keysOf.where')}
      rows={[
        ...KEYS.map(([keys, does]) => [keys, t(does)] as const),
        ...GESTURES.map(([gesture, does]) => [[t(gesture)], t(does)] as const),
      ]}
      onClose={() => props.onClose()}
    />
  );
}
