/** Answers that were not taken, because somebody else had answered meanwhile: both are shown, the person decides. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { colonIn } from '../../../../client/core/language';
import { Notice } from '../../../../client/panels/Notice';
import type { Conflict, Part } from './course';
import { labelOf, sideShown } from './shown';

interface Props {
  readonly part: Part;
  readonly conflicts: readonly Conflict[];
  onSettle(conflict: Conflict, mine: boolean): Promise<void>;
}

export function Conflicts(props: Props): JSX.Element {
  const say = props.part.say;
  return (
    <Show when={props.conflicts.length > 0}>
      <Notice kind="bad">
        <p>{say('conflictHint')}</p>
        <ul class="screen-list">
          <For each={props.conflicts}>
            {(one) => (
              <li data-conflict={one.name}>
                <strong>{labelOf(props.part.of, one.name, say, props.part.language)}</strong>
                <p>
                  {say('yours')}{colonIn(props.part.language)}{sideShown(props.part, one, 'yours')}
                  <br />
                  {say('theirs')}{colonIn(props.part.language)}{sideShown(props.part, one, 'theirs')}
                </p>
                <div class="row">
                  <button type="button" class="button small" onClick={() => void props.onSettle(one, false)}>
                    {say('keepTheirs')}
                  </button>
                  <Show when={props.part.of.state === 'draft'}>
                    <button type="button" class="button small" onClick={() => void props.onSettle(one, true)}>
                      {say('useMine')}
                    </button>
                  </Show>
                </div>
              </li>
            )}
          </For>
        </ul>
      </Notice>
    </Show>
  );
}
