/** What was done while the room was recorded; each act leads to its moment. */
import { For, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { clockWords } from '../../core/replay-control';
import type { ActLine, ReplayControl } from '../../core/replay-control';
import { ActSearch } from './ActSearch';

export function ActList(props: { acts: readonly ActLine[]; replay: ReplayControl }): JSX.Element {
  // The last act that everybody had seen by now.
  const current = createMemo(() => props.acts.findLast((act) => act.at_ms <= props.replay.at_ms())?.number);
  return (
    <div class="stack">
      <ActSearch acts={props.acts}>
        {(found) => (
          <ol class="replay-acts">
            <For each={found}>
              {(act) => (
                <li>
                  <button
                    type="button"
                    class="button quiet small"
                    aria-current={act.number === current() ? 'step' : undefined}
                    data-act={act.number}
                    onClick={() => props.replay.show(act)}
                  >
                    <span class="number">{clockWords(act.at_ms)}</span> {act.words}
                  </button>
                </li>
              )}
            </For>
          </ol>
        )}
      </ActSearch>
    </div>
  );
}
