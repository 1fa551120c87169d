/** Devices, the check of the sound, what is in the way of it, and captions. */
import { For, Show, createEffect, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomVoice } from '../../core/room-voice';
import { Sound } from '../../media/sound';
import { Field } from '../Field';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import { choosable } from './device-choice';

const KINDS = ['audioinput', 'audiooutput', 'videoinput'] as const;
const CAPTION_CHARACTERS = 500;

export function VoicePanel(props: { voice: RoomVoice }): JSX.Element {
  const app = useApp();
  return (
    <section class="stack voice-panel" aria-label={app.t('voice.title')}>
      <h2>{app.t('voice.title')}</h2>
      <Show when={props.voice.trouble()}>{(what) => <Notice kind="warn">{app.t(`voice.trouble.${what()}`)}</Notice>}</Show>
      <Show when={props.voice.state() === 'in'} fallback={<p class="soft small">{app.t('voice.notIn')}</p>}>
        <p class="soft small">{app.t('voice.hint')}</p>
      </Show>
      {/* Before one joins too, where the browser names what there is. */}
      <Show when={props.voice.state() === 'in' || props.voice.devices().length > 0}>
        <For each={KINDS}>{(kind) => <DeviceChoice voice={props.voice} kind={kind} />}</For>
      </Show>
      <Show when={props.voice.state() === 'in'}>
        <div class="stack tight">
          <button type="button" class="button small" data-on={props.voice.echo()} onClick={() => void props.voice.checkEcho(!props.voice.echo())}>
            <Icon name="speaking" size={16} />
            {app.t(props.voice.echo() ? 'voice.echo.stop' : 'voice.echo.start')}
          </button>
          <p class="soft small">{app.t(props.voice.echo() ? 'voice.echo.now' : 'voice.echo.hint')}</p>
        </div>
      </Show>
      <OtherVoice voice={props.voice} />
      <Captions voice={props.voice} />
    </section>
  );
}

/** Who does not want to be known by their voice has another one; offered before the voice is joined, too. */
function OtherVoice(props: { voice: RoomVoice }): JSX.Element {
  const app = useApp();
  return (
    <div class="stack tight">
      <label class="captions-dictate">
        <input type="checkbox" name="other-voice" checked={props.voice.changed()} onChange={(event) => void props.voice.change(event.currentTarget.checked)} /> {app.t('voice.other')}
      </label>
      <p class="soft small">{app.t('voice.otherHint')}</p>
    </div>
  );
}

function DeviceChoice(props: { voice: RoomVoice; kind: (typeof KINDS)[number] }): JSX.Element {
  const app = useApp();
  const chosen = (): string => props.voice.chosen()[props.kind]?.id ?? '';
  const ids = (): readonly string[] => choosable(props.kind, props.voice.devices(), chosen());
  const isOffered = (): boolean => ids().length > 0 && (props.kind !== 'audiooutput' || Sound.choosesOutput);
  const words = (id: string, number: number): string => {
    const device = props.voice.devices().find(({ kind, deviceId }) => kind === props.kind && deviceId === id);
    return device ? device.label || app.t('voice.device.other', { number }) : app.t('voice.device.gone');
  };
  return (
    <Show when={isOffered()}>
      <Field label={app.t(`voice.device.${props.kind}`)}>
        {(control) => (
          <select {...control} class="input" onChange={(event) => void props.voice.choose(props.kind, event.currentTarget.value)}>
            <option value="" selected={chosen() === ''}>{app.t('voice.device.usual')}</option>
            <For each={ids()}>
              {(id, at) => <option value={id} selected={id === chosen()}>{words(id, at() + 1)}</option>}
            </For>
          </select>
        )}
      </Field>
    </Show>
  );
}

function Captions(props: { voice: RoomVoice }): JSX.Element {
  const app = useApp();
  const [text, setText] = createSignal('');
  let list!: HTMLOListElement;
  const why = (): string | undefined => (props.voice.kept('microphone') ? app.t('captions.watching') : props.voice.silenced() ? app.t('captions.silenced') : undefined);

  createEffect(on(props.voice.captions, () => (list.scrollTop = list.scrollHeight)));

  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    const words = text().trim();
    if (words === '') return;
    if (props.voice.caption(words)) setText('');
    else app.toast(() => app.t('captions.noLine'));
  };

  return (
    <div class="stack captions">
      <h3>{app.t('captions.title')}</h3>
      <ol ref={list} class="captions-list small" aria-label={app.t('captions.title')} tabIndex={0}>
        <For each={props.voice.captions()} fallback={<li class="soft">{app.t('captions.none')}</li>}>
          {(caption) => (
            <li>
              <strong>{caption.name}</strong> {caption.text}
              <Show when={caption.heard}>
                <span class="soft"> ({app.t('captions.heard')})</span>
              </Show>
            </li>
          )}
        </For>
      </ol>
      <Show when={props.voice.state() === 'in' && props.voice.writesDown()}>
        <div class="stack tight">
          <label class="captions-dictate">
            <input type="checkbox" checked={props.voice.dictates()} onChange={(event) => props.voice.dictate(event.currentTarget.checked)} /> {app.t('captions.dictate')}
          </label>
          <p class="soft small">{app.t('captions.dictateHint')}</p>
        </div>
      </Show>
      <form class="captions-form" onSubmit={send}>
        <Field label={app.t('captions.write')} hint={why()}>
          {(control) => <input {...control} class="input" type="text" maxLength={CAPTION_CHARACTERS} autocomplete="off" disabled={why() !== undefined} value={text()} onInput={(event) => setText(event.currentTarget.value)} />}
        </Field>
        <button type="submit" class="button small" disabled={why() !== undefined}>
          {app.t('captions.send')}
        </button>
      </form>
    </div>
  );
}
