/** A button that reads aloud what stands beside it, where the browser has a voice. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { colonIn } from '../../../../client/core/language';
import { canRead, readAloud } from './aloud';
import type { Say } from './words';

interface ReadAloudProps {
  readonly name: string;
  readonly text: string;
  /** What it is of: whoever listens may go from button to button. */
  readonly of: string;
  readonly say: Say;
}

export function ReadAloud(props: ReadAloudProps): JSX.Element {
  const app = useApp();
  return (
    <Show when={canRead()}>
      <button type="button" class="button quiet" data-read={props.name} onClick={() => readAloud(props.text, app.language())}>
        {props.say('readAloud')}
        <span class="for-listeners">{colonIn(app.language())}{props.of}</span>
      </button>
    </Show>
  );
}
