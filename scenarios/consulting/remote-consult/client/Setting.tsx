/** A number that the hospital has set: shown as needing confirmation where no source gives it. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Say } from './words';

export function Setting(props: { words: string; needsConfirmation: boolean; say: Say }): JSX.Element {
  return (
    <p class="soft small" data-setting={props.needsConfirmation ? 'confirm' : 'sourced'}>
      {props.words}{' '}
      <Show when={props.needsConfirmation}>
        <span class="chip warn">{props.say('confirm')}</span>
      </Show>
    </p>
  );
}
