/** Blows that a spirometer sent: which were before and which after a bronchodilator, the device does not say. */
import { For, createEffect, untrack } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import type { Zone } from '../../../../client/core/dates';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import type { SentBlow, SentLately } from './course';
import { coursePath } from './course';
import { figure } from './shown';
import { PARTS } from './split';
import type { Split } from './split';
import type { Say } from './words';

interface Shown {
  readonly course: string;
  readonly zone: Zone;
  readonly split: Split;
  readonly change: (split: Split) => void;
  readonly say: Say;
}

export function SentBlows(props: Shown): JSX.Element {
  const app = useApp();
  const { say } = props;
  const sent = createQuery<SentLately>(() => (signal) => app.api.get(coursePath(props.course, '/spirometry/sent'), { signal }));
  // What came is before, until somebody says otherwise.
  const partOf = (blow: SentBlow): (typeof PARTS)[number] => props.split.get(blow.at_us) ?? 'before';
  const put = (blows: readonly SentBlow[], part: (typeof PARTS)[number]): void =>
    props.change(new Map([...props.split, ...blows.map((blow) => [blow.at_us, part] as const)]));
  createEffect(() => {
    const fresh = (sent.data()?.blows ?? []).filter(({ at_us }) => !untrack(() => props.split.has(at_us)));
    if (fresh.length > 0) untrack(() => put(fresh, 'before'));
  });
  const words = (blow: SentBlow): string =>
    say('sentBlow', { at: momentOf(blow.at, app.language(), props.zone), fev1: figure(blow.fev1_l, 2, say), fvc: figure(blow.fvc_l, 2, say) });
  return (
    <fieldset class="follow-values follow-sent">
      <legend>{say('sentBlows')}</legend>
      <p class="soft small">{say('sentBlowsHint')}</p>
      <Answer of={sent} lines={2}>
        {(answer) => (
          <>
            <p class="small">{say('byDevice', { device: answer().device })}</p>
            <ol class="follow-blows">
              <For each={answer().blows}>
                {(blow, at) => (
                  <li data-blow={partOf(blow)}>
                    <span id={`blow-${blow.at_us}`}>{words(blow)}</span>
                    <span role="radiogroup" aria-labelledby={`blow-${blow.at_us}`} class="row">
                      <For each={PARTS}>
                        {(part) => (
                          <label class="row">
                            <input
                              type="radio"
                              name={`blow-${blow.at_us}`}
                              value={part}
                              checked={partOf(blow) === part}
                              onChange={() => put([blow], part)}
                            />
                            {say(part === 'before' ? 'sentBefore' : part === 'after' ? 'sentAfter' : 'sentLeave')}
                          </label>
                        )}
                      </For>
                      <button type="button" class="button small" onClick={() => put(answer().blows.slice(at()), 'after')}>
                        {say('sentAfterFrom')}
                        <span class="for-listeners">: {words(blow)}</span>
                      </button>
                    </span>
                  </li>
                )}
              </For>
            </ol>
          </>
        )}
      </Answer>
      <button type="button" class="button small" onClick={() => sent.reload()}>
        {say('sentReload')}
      </button>
    </fieldset>
  );
}
