/** The case in one minute: each line from the record, with its source; on one printed page. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { dayOfMoment } from '../../../../client/core/dates';
import type { Zone } from '../../../../client/core/dates';
import { inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import type { Query } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { Source } from './Source';
import { TrackedLesions } from './TrackedLesions';
import type { Line, Summary as Told } from './case';
import type { Say, Word } from './words';

interface SummaryProps {
  readonly of: Query<Told>;
  readonly say: Say;
  readonly language: Language;
}

const PARTS = ['who', 'changed', 'lesions', 'timeline', 'open', 'findings', 'known'] as const;

export function Summary(props: SummaryProps): JSX.Element {
  return (
    <Answer of={props.of} lines={8}>
      {(told) => (
        <div class="stack">
          <article class="consult-print consult-summary" aria-label={props.say('summary')}>
            <h2 class="consult-heading">{props.say('summaryOf', { name: told().patient.name })}</h2>
            <For each={PARTS}>
              {(part) => (
                <Lines title={props.say(`sum-${part}` as Word)} lines={told()[part]} part={part} zone={told().time_zone} {...props}>
                  <Show when={part === 'changed' && told().tracked.length > 0}>
                    <TrackedLesions all={told().tracked} say={props.say} language={props.language} />
                  </Show>
                </Lines>
              )}
            </For>
          </article>
          <div class="row">
            <button type="button" class="button small" onClick={() => print()}>
              {props.say('print')}
            </button>
          </div>
        </div>
      )}
    </Answer>
  );
}

function Lines(props: SummaryProps & { part: string; title: string; lines: readonly Line[]; zone: Zone; children: JSX.Element }): JSX.Element {
  return (
    <section data-summary={props.part}>
      <h3>{props.title}</h3>
      <Show when={props.lines.length > 0} fallback={<p class="soft small">{props.say(props.part === 'open' ? 'sumNothingOpen' : 'sumNothing')}</p>}>
        <ul>
          <For each={props.lines}>
            {(line) => (
              <li>
                <Show when={line.day}>{(day) => <span class="soft small">{dayOfMoment(day(), props.language, props.zone)} </span>}</Show>
                {inLanguage(line.text, props.language)}{' '}
                <Source source={line.source} say={props.say} />
              </li>
            )}
          </For>
        </ul>
      </Show>
      {props.children}
    </section>
  );
}
