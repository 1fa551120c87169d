/** The case in one minute: each line from the record, with its source; on one printed page. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { dayOf } from '../../../../client/core/dates';
import { studyAddress } from '../../../../client/core/hospital';
import { inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import type { Query } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import type { Line, Summary as Told } from './case';
import type { Say, Word } from './words';

interface SummaryProps {
  readonly of: Query<Told>;
  readonly say: Say;
  readonly language: Language;
}

const PARTS = ['who', 'changed', 'lesions', 'timeline', 'open', 'findings', 'known'] as const;

/** Where a source is opened. */
function addressOf(source: string): string | undefined {
  const [kind, id] = source.split('/');
  if (kind === undefined || id === undefined) return undefined;
  if (kind === 'study') return studyAddress(id);
  if (kind === 'series') return undefined;
  return `/fhir/${kind}/${encodeURIComponent(id)}`;
}

export function Summary(props: SummaryProps): JSX.Element {
  return (
    <Answer of={props.of} lines={8}>
      {(told) => (
        <div class="stack">
          <article class="consult-print consult-summary" aria-label={props.say('summary')}>
            <h2 class="consult-heading">{props.say('summaryOf', { name: told().patient.name })}</h2>
            <For each={PARTS}>
              {(part) => <Lines title={props.say(`sum-${part}` as Word)} lines={told()[part]} part={part} {...props} />}
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

function Lines(props: SummaryProps & { part: string; title: string; lines: readonly Line[] }): JSX.Element {
  return (
    <section data-summary={props.part}>
      <h3>{props.title}</h3>
      <Show when={props.lines.length > 0} fallback={<p class="soft small">{props.say(props.part === 'open' ? 'sumNothingOpen' : 'sumNothing')}</p>}>
        <ul>
          <For each={props.lines}>
            {(line) => (
              <li>
                <Show when={line.day}>{(day) => <span class="soft small">{dayOf(day(), props.language)} </span>}</Show>
                {inLanguage(line.text, props.language)}{' '}
                <Source source={line.source} say={props.say} />
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  );
}

function Source(props: { source: string; say: Say }): JSX.Element {
  const label = (): string => {
    const [kind = ''] = props.source.split('/');
    return props.say('sumSource', { kind });
  };
  return (
    <Show when={addressOf(props.source)} fallback={<span class="soft small">{label()}</span>}>
      {(address) => (
        <a class="small" href={address()} target="_blank" rel="noopener">
          {label()}
        </a>
      )}
    </Show>
  );
}
