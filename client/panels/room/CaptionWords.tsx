/** What was said last, over the foot of the stage; all of it stands under *People*. Listeners are told it as it comes. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { RoomVoice } from '../../core/room-voice';

export function CaptionWords(props: { voice: RoomVoice }): JSX.Element {
  return (
    <Show when={props.voice.lately().length > 0}>
      <div class="stage-progress caption-words" aria-hidden="true">
        <For each={props.voice.lately()}>
          {({ name, text }) => (
            <p>
              <strong>{name}</strong> {text}
            </p>
          )}
        </For>
      </div>
    </Show>
  );
}
