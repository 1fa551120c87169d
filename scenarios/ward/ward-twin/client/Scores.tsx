/** The scores beside NEWS2: points and band, what is missing, and what each was reckoned from, with its time. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { InputUsed, ScoreFound } from '../../../../contract/knowledge';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { missingOf } from './said';
import { unitOf } from './ward';
import type { Say } from './words';

export function Scores(props: { scores: readonly ScoreFound[]; say: Say }): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.scores.length > 0}>
      <section aria-label={props.say('otherScores')}>
        <h3>{props.say('otherScores')}</h3>
        <ul class="scores">
          <For each={props.scores.map(({ score }) => score)}>
            {(id) => (
              <Show when={props.scores.find(({ score }) => score === id)}>{(found) => <One found={found()} language={app.language()} say={props.say} />}</Show>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}

function One(props: { found: ScoreFound; language: 'zh' | 'en'; say: Say }): JSX.Element {
  const missing = () => missingOf(props.found.result);
  return (
    <li data-score={props.found.score} data-state={props.found.result.state}>
      {inLanguage(props.found.title, props.language)}{colonIn(props.language)}
      <Show when={props.found.result.state === 'assessed' ? props.found.result : undefined} fallback={<Open found={props.found} language={props.language} say={props.say} />}>
        {(result) => <strong>{result().value}</strong>}
      </Show>{' '}
      {/* A class may be given by a first step, before the sum is known. */}
      <Show when={props.found.band}>{(band) => <strong>{inLanguage(band().label, props.language)}</strong>}</Show>
      <Show when={props.found.band?.response}>{(response) => <> · {inLanguage(response(), props.language)}</>}</Show>
      <Show when={props.found.needs_confirmation}>
        {' '}
        <span class="chip warn">{props.say('scoreConfirm')}</span>
      </Show>
      <p class="soft small">
        {inLanguage(props.found.population, props.language)}
        <For each={props.found.not_for}>{(one) => <> · {inLanguage(one, props.language)}</>}</For>
      </p>
      <Show when={missing().length > 0}>
        <details class="small" data-missing-of={props.found.score}>
          <summary>{props.say('missing', { n: missing().length })}</summary>
          <ul>
            <For each={missing()}>{({ why }) => <li>{inLanguage(why, props.language)}</li>}</For>
          </ul>
        </details>
      </Show>
      <Show when={props.found.inputs.length > 0}>
        <details class="small">
          <summary>{props.say('reckonedFrom', { n: props.found.inputs.length })}</summary>
          <ul>
            <For each={props.found.inputs}>{(one) => <li>{usedText(one, props.language, props.say)}</li>}</For>
          </ul>
        </details>
      </Show>
    </li>
  );
}

/** A sum that is open: what it comes to at least, where that says something. */
function Open(props: { found: ScoreFound; language: 'zh' | 'en'; say: Say }): JSX.Element {
  return (
    <Show when={props.found.at_least} fallback={<span class="soft">{props.say('notAssessable')}</span>}>
      {(least) => (
        <>
          <strong>{props.say('atLeast', { n: least().points })}</strong>
          <Show when={props.found.band ? undefined : least().band}>
            {(band) => <> · {props.say('bandAtLeast', { band: inLanguage(band().label, props.language) })}</>}
          </Show>
        </>
      )}
    </Show>
  );
}

/** An answer with its unit, and when it was measured or said. */
function usedText({ label, value, unit, source }: InputUsed, language: 'zh' | 'en', say: Say): string {
  const said = typeof value === 'boolean' ? say(value ? 'yes' : 'no') : String(value);
  const number = typeof value === 'number' && unit !== undefined ? unitOf(unit) : '';
  const when = source?.at === undefined ? '' : ` · ${momentOf(source.at, language)}`;
  return `${inLanguage(label, language)}${colonIn(language)}${[said, number].filter(Boolean).join(' ')}${when}`;
}
