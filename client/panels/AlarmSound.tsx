/** Sounds the alarms that call whoever is signed in, says on every page that it does, and turns it off. */
import { Show, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { hearAlarms, useAlarmSound } from '../core/alarm-sound';
import { useApp } from '../core/app';
import { createSounder } from '../core/sound';
import { Icon } from './Icon';

export function AlarmSound(): JSX.Element {
  const sound = useAlarmSound();
  return (
    <Show when={sound.isOn()}>
      <Sounds onOff={() => sound.turn()} />
    </Show>
  );
}

function Sounds(props: { onOff(): void }): JSX.Element {
  const app = useApp();
  const sounder = createSounder();
  onCleanup(() => sounder.close());
  hearAlarms(app, sounder);
  const words = (): string => app.t(sounder.waits() ? 'reach.soundWaits' : 'reach.soundOn');
  return (
    <button type="button" class="button small alarm-sound" title={app.t('reach.soundTurnOff')} onClick={() => props.onOff()}>
      <Icon name="speaking" size={16} />
      <span>{words()}</span>
      <span class="for-listeners">{app.t('reach.soundTurnOff')}</span>
    </button>
  );
}
