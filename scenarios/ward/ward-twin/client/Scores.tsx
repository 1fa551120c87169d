/** The scores beside NEWS2, each with its points, or with what is missing for it. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { ScoreFound } from '../../../../contract/knowledge';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { missingOf } from './said';
import type { Say } from './words';

export function Scores(props: { scores: readonly ScoreFound[]; say: Say }): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.scores.length > 0}>
      <section aria-label={props.say('otherScores')}>
        <h3>{props.say('otherScores')}</h3>
        <ul class="scores">
          <For each={props.scores}>
            {(found) => (
              <li data-score={found.score}>
                {inLanguage(found.title, app.language())}:{' '}
                <Show
                  when={found.result.state === 'assessed' ? found.result : undefined}
                  fallback={
                    <span class="soft">
                      {props.say('missingList')}{' '}
                      {missingOf(found.result)
                        .map(({ why }) => inLanguage(why, app.language()))
                        .join('; ')}
                    </span>
                  }
                >
                  {(result) => (
                    <>
                      <strong>{result().value}</strong> {found.band?.label ? inLanguage(found.band.label, app.language()) : ''}
                    </>
                  )}
                </Show>
                <For each={found.not_for}>{(one) => <span class="soft small"> · {inLanguage(one, app.language())}</span>}</For>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}
