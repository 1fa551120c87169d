/** Voice and picture at the foot of the stage: in and out, the microphone, the camera, a shared screen. */
import { Match, Show, Switch, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Source } from '../../../contract/room';
import { useApp } from '../../core/app';
import type { App } from '../../core/app';
import type { Kept } from '../../core/own-media';
import type { RoomVoice } from '../../core/room-voice';
import type { Key } from '../../words/words';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';

interface Switchable {
  readonly source: Exclude<Source, 'around'>;
  readonly signs: readonly [off: IconName, on: IconName];
  readonly words: readonly [off: Key, on: Key];
}

const SWITCHES: readonly Switchable[] = [
  { source: 'microphone', signs: ['muted', 'microphone'], words: ['voice.open', 'voice.mute'] },
  { source: 'camera', signs: ['camera', 'stop'], words: ['voice.cameraOn', 'voice.cameraOff'] },
  { source: 'screen', signs: ['screen', 'stop'], words: ['voice.screenOn', 'voice.screenOff'] },
];

interface VoiceBarProps {
  readonly voice: RoomVoice;
  /** To patients another voice is offered before they are heard. */
  readonly offersOther: boolean;
}

export function VoiceBar(props: VoiceBarProps): JSX.Element {
  const app = useApp();

  const onKey = (event: KeyboardEvent): void => {
    const { target } = event;
    const writes = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
    if (writes || event.key.toLowerCase() !== 'm' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (props.voice.state() !== 'in' || event.repeat) return;
    event.preventDefault();
    toggle('microphone', props.voice, app);
  };
  onMount(() => document.addEventListener('keydown', onKey));
  onCleanup(() => document.removeEventListener('keydown', onKey));

  return (
    <div class="voice-bar" role="group" aria-label={app.t('voice.group')} data-voice={props.voice.state()}>
      <Switch>
        <Match when={props.voice.state() === 'in'}>
          <VoiceSwitches voice={props.voice} />
        </Match>
        <Match when={true}>
          <button
            type="button"
            class="button small"
            disabled={props.voice.state() === 'joining'}
            onClick={() => void props.voice.join()}
          >
            <Icon name="speaking" size={18} />
            {app.t(props.voice.state() === 'joining' ? 'voice.joining' : 'voice.join')}
          </button>
          <Show when={props.offersOther}>
            <label class="voice-own">
              <input type="checkbox" checked={props.voice.changed()} onChange={(event) => void props.voice.change(event.currentTarget.checked)} /> {app.t('voice.other')}
            </label>
          </Show>
        </Match>
      </Switch>
      {/* Who is on the way back to the voices need not wait for it. */}
      <Show when={props.voice.state() !== 'out'}>
        <button type="button" class="tool" onClick={() => props.voice.leave()}>
          <Icon name="leave" size={20} />
          <span class="for-listeners">{app.t('voice.leave')}</span>
        </button>
      </Show>
      <Show when={props.voice.state() === 'in'}>
        <span class="voice-own" data-open={props.voice.on('microphone') && !props.voice.silenced()}>
          {app.t(props.voice.kept('microphone') ? 'voice.watching' : props.voice.silenced() ? 'voice.silenced' : props.voice.on('microphone') ? 'voice.live' : 'voice.muted')}
        </span>
      </Show>
    </div>
  );
}

const reason = (source: Switchable['source'], kept: Kept, app: App): string => app.t(`voice.kept.${kept}`, { what: source === 'microphone' ? '' : app.t(`order.what.${source}`) });

/** Switches a source; why it stays off is said when it is pressed, so that touch and keyboard learn it too. */
function toggle(source: Switchable['source'], voice: RoomVoice, app: App): void {
  const isOn = voice.on(source);
  const kept = isOn ? undefined : voice.kept(source);
  if (kept) app.toast(() => reason(source, kept, app));
  else void voice.turn(source, !isOn);
}

function VoiceSwitches(props: { voice: RoomVoice }): JSX.Element {
  const app = useApp();
  const why = (source: Switchable['source']): string | undefined => {
    const kept = props.voice.kept(source);
    return kept && reason(source, kept, app);
  };
  return (
    <>
      {SWITCHES.map(({ source, signs, words }) => (
        <button
          type="button"
          class="tool"
          data-source={source}
          // No `aria-pressed`: its words say what pressing does, and “Mute, pressed” would say the opposite of what is.
          data-on={props.voice.on(source)}
          aria-disabled={why(source) !== undefined}
          aria-description={why(source)}
          title={why(source)}
          aria-keyshortcuts={source === 'microphone' ? 'M' : undefined}
          onClick={() => toggle(source, props.voice, app)}
        >
          <Icon name={signs[props.voice.on(source) ? 1 : 0]} size={20} />
          <span class="for-listeners">{app.t(words[props.voice.on(source) ? 1 : 0])}</span>
        </button>
      ))}
    </>
  );
}
