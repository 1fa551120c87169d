/** The models side by side: number or reason, population, and what each answer adds. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { clausesIn, inLanguage, listIn } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import { Notice } from '../../../../client/panels/Notice';
import type { AnswerValue, Assessment, TraceTerm } from '../../../../contract/knowledge';
import { Guidelines } from './Guidelines';
import { isOpened } from './case';
import type { Part } from './case';
import type { Say } from './words';
import { wordOr } from './words';

interface AssessProps {
  readonly part: Part;
  readonly say: Say;
  readonly language: Language;
}

export function Assess(props: AssessProps): JSX.Element {
  const opened = (): Assessment[] => props.part.of.models.filter((one) => isOpened<Assessment>(one));
  return (
    <Show when={opened().length > 0} fallback={<Notice>{props.say('sealedHint')}</Notice>}>
      <div class="stack">
        <DataTable
          caption={props.say('models')}
          rows={opened()}
          columns={[
            { heading: props.say('model'), cell: (one) => <strong>{inLanguage(one.title, props.language)}</strong> },
            { heading: props.say('result'), cell: (one) => <Result of={one} {...props} /> },
          ]}
        />
        <p class="soft small">{props.say('neverOne')}</p>
        <Guidelines {...props} />
        <h2 class="consult-heading">{props.say('modelsExplained')}</h2>
        <For each={opened()}>{(one) => <Details of={one} {...props} />}</For>
        <Show when={opened()[0]}>{(first) => <p class="soft small">{inLanguage(first().notice, props.language)}</p>}</Show>
      </div>
    </Show>
  );
}

function Result(props: AssessProps & { of: Assessment }): JSX.Element {
  const labelOf = (input: string): string => {
    const question = props.part.of.questions.find(({ name }) => name === input);
    return question ? inLanguage(question.label, props.language) : input;
  };
  const missing = (): string | undefined => {
    const { result } = props.of;
    return result.state === 'not-assessable' ? listIn(result.missing.map(({ input }) => labelOf(input)), props.language) : undefined;
  };
  return (
    <span data-result={props.of.model}>
      <Show
        when={props.of.percent}
        fallback={
          <>
            {props.say('notAssessable')}
            <br />
            <span class="soft small">{props.say('missing', { inputs: missing() ?? '' })}</span>
          </>
        }
      >
        {(percent) => <strong class="consult-percent">{percent()} %</strong>}
      </Show>
      <Show when={props.of.band}>
        {(band) => <span class="consult-band soft small">{inLanguage(band().label, props.language)}</span>}
      </Show>
      <Show when={props.of.needs_confirmation}>
        {' '}
        <span class="chip warn">{props.say('confirm')}</span>
      </Show>
      <Show when={props.of.warnings.length > 0}>
        {' '}
        <span class="chip warn">{props.say('warnings')}</span>
      </Show>
    </span>
  );
}

function Details(props: AssessProps & { of: Assessment }): JSX.Element {
  const text = (value: { zh: string; en: string }): string => inLanguage(value, props.language);
  return (
    <details class="consult-model" data-details={props.of.model}>
      <summary>
        {text(props.of.title)} · {props.say('details')}
      </summary>
      <div class="stack">
        <For each={props.of.warnings}>{(warning) => <Notice kind="warn">{text(warning.text)}</Notice>}</For>
        <Show when={props.of.trace.length > 0}>
          <Contributions of={props.of.trace} say={props.say} language={props.language} />
        </Show>
        <dl class="consult-card">
          <dt>{props.say('population')}</dt>
          <dd>{text(props.of.population)}</dd>
          <Show when={props.of.not_for.length > 0}>
            <dt>{props.say('notFor')}</dt>
            <dd>{clausesIn(props.of.not_for.map(text), props.language)}</dd>
          </Show>
          <dt>{props.say('source')}</dt>
          <dd>
            {props.of.citation}
            <Show when={props.of.doi}>{(doi) => <> · doi {doi()}</>}</Show> ·{' '}
            {props.say('confidence', { code: props.of.confidence })}
          </dd>
        </dl>
        <p class="soft small">{text(props.of.interval)}</p>
      </div>
    </details>
  );
}

/** Bars left and right of zero, each with its figure. */
function Contributions(props: { of: readonly TraceTerm[]; say: Say; language: Language }): JSX.Element {
  const widest = (): number => Math.max(...props.of.map(({ contribution }) => Math.abs(contribution)), 0.001);
  const answer = (value: AnswerValue | undefined): string => {
    if (value === undefined) return '';
    if (typeof value === 'boolean') return props.say(value ? 'yes' : 'no');
    if (typeof value === 'number') return String(Math.round(value * 1000) / 1000);
    return wordOr(props.say, value);
  };
  return (
    <table class="consult-bars">
      <caption class="legend">{props.say('contributions')}</caption>
      <thead class="for-listeners">
        <tr>
          <th scope="col">{props.say('term')}</th>
          <th scope="col">{props.say('contribution')}</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.of}>
          {(term) => (
            <tr>
              <th scope="row">
                {inLanguage(term.label, props.language)}
                <span class="soft"> {answer(term.answer)}</span>
              </th>
              <td>
                <span
                  class={`consult-bar ${term.contribution < 0 ? 'less' : 'more'}`}
                  style={{ '--share': Math.abs(term.contribution) / widest() }}
                  aria-hidden="true"
                />
                <span class="consult-figure">
                  {term.contribution < 0 ? '−' : '+'}
                  {Math.abs(term.contribution).toFixed(2)}
                </span>
              </td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}
