/** Who is here, and what happened lately. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Voice } from '../../../contract/room';
import { useApp } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import type { RoomVoice } from '../../core/room-voice';
import { initialOf } from '../../core/words-of';
import { Icon } from '../Icon';
import { roleWords } from '../person';

interface PeoplePanelProps {
  readonly control: RoomControl;
  readonly voice: RoomVoice;
  readonly log: readonly string[];
}

export function PeoplePanel(props: PeoplePanelProps): JSX.Element {
  const app = useApp();
  return (
    <div class="stack">
      <ul class="people" aria-label={app.t('people.here')}>
        <For each={props.control.people()}>
          {(person) => (
            <li>
              <span class="person-mark" style={{ 'box-shadow': `0 0 0 3px ${person.colour}` }} aria-hidden="true">
                {initialOf(person.name)}
              </span>
              <span>
                {person.name}
                <span class="soft small"> {roleWords(app, person.role)}</span>
                <VoiceChips voice={props.voice} participant={person.id} />
                <Show when={person.away}>
                  <span class="chip warn">{app.t('people.away')}</span>
                </Show>
                <Show when={person.id === props.control.self()}>
                  <span class="soft small"> ({app.t('people.you')})</span>
                </Show>
              </span>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.control.people().length < 2}>
        <p class="soft small">{app.t('people.alone')}</p>
      </Show>
      <Show when={props.log.length > 0}>
        <ol class="people-log small soft">
          <For each={props.log}>{(line) => <li>{line}</li>}</For>
        </ol>
      </Show>
    </div>
  );
}

/** What somebody does by voice and picture, in words with a sign. */
function VoiceChips(props: { voice: RoomVoice; participant: number }): JSX.Element {
  const app = useApp();
  const voice = (): Voice | undefined => props.voice.voices().get(props.participant);
  const sound = (): 'speaking' | 'muted' | 'listening' => (voice()?.muted ? 'muted' : voice()?.speaking ? 'speaking' : 'listening');
  return (
    <Show when={voice()}>
      {(now) => (
        <span class="voice-chips" data-sound={sound()}>
          <span class={sound() === 'speaking' ? 'chip accent' : 'chip'}>
            <Icon name={sound() === 'listening' ? 'microphone' : sound() === 'muted' ? 'muted' : 'speaking'} size={14} />
            {app.t(`voice.state.${sound()}`)}
          </span>
          <Show when={now().camera}>
            <span class="chip">{app.t('voice.state.camera')}</span>
          </Show>
          <Show when={now().screen}>
            <span class="chip">{app.t('voice.state.screen')}</span>
          </Show>
        </span>
      )}
    </Show>
  );
}
