/** Assess: the models side by side and what the guidelines say, each with what it misses. */
import { For, Match, Show, Switch } from 'solid-js';
import type { JSX } from 'solid-js';
import { asideIn, clausesIn, colonIn, inLanguage } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import { Notice } from '../../../../client/panels/Notice';
import type { Assessment, Recommendation } from '../../../../contract/knowledge';
import type { Part } from './course';
import { stateOf } from './course';
import { Dependence } from './Ask';
import { labelOf } from './shown';

export function Assess(props: { part: Part }): JSX.Element {
  const part = (): Part => props.part;
  const state = (): string => stateOf(part().of, 'assess');
  return (
    <div class="stack">
      <Show when={part().of.state === 'draft'}>
        <Show
          when={state() === 'done'}
          fallback={<Notice kind="warn">{part().say(state() === 'stale' ? 'assessStale' : 'assessOpen')}</Notice>}
        >
          <Notice kind="good">{part().say('assessDone', { name: part().of.assessed?.by.name ?? '' })}</Notice>
        </Show>
        <div class="row">
          <button
            type="button"
            class={state() === 'done' ? 'button' : 'button primary'}
            disabled={part().busy || part().offline}
            onClick={() => void part().act('assess')}
          >
            {part().say(state() === 'open' ? 'assessNow' : 'assessAgain')}
          </button>
        </div>
      </Show>
      <DataTable
        caption={part().say('models')}
        rows={part().of.models}
        columns={[
          { heading: part().say('model'), cell: (one) => <strong>{inLanguage(one.title, part().language)}</strong> },
          { heading: part().say('result'), cell: (one) => <Result of={one} part={part()} /> },
        ]}
      />
      <p class="soft small">{part().say('neverOne')}</p>
      <h3>{part().say('guidelines')}</h3>
      <ul class="screen-list">
        <For each={part().of.guidelines}>{(one) => <Guideline of={one} part={part()} />}</For>
      </ul>
      <Dependence part={part()} />
      <Show when={part().of.models[0]}>
        {(first) => <p class="soft small">{inLanguage(first().notice, part().language)}</p>}
      </Show>
    </div>
  );
}

/** The questions that are missing, in words. */
function missingWords(part: Part, missing: readonly { readonly input: string; readonly why: { zh: string; en: string } }[]): string {
  const words = missing.map(({ input, why }) => {
    const label = labelOf(part.of, input, part.say, part.language);
    return label === input ? inLanguage(why, part.language) : label;
  });
  return clausesIn(words, part.language);
}

function Result(props: { of: Assessment; part: Part }): JSX.Element {
  const text = (value: { zh: string; en: string }): string => inLanguage(value, props.part.language);
  const missing = (): string => {
    const { result } = props.of;
    return result.state === 'not-assessable' ? missingWords(props.part, result.missing) : '';
  };
  return (
    <div data-result={props.of.model}>
      <Show
        when={props.of.percent}
        fallback={
          <>
            {props.part.say('notAssessable')}
            <br />
            <span class="soft small">{props.part.say('missing', { inputs: missing() })}</span>
          </>
        }
      >
        {(percent) => <strong class="screen-percent">{percent()} %</strong>}
      </Show>
      <Show when={props.of.band}>{(band) => <span class="soft small"> {text(band().label)}</span>}</Show>
      <Show when={props.of.needs_confirmation}>
        {' '}
        <span class="chip warn">{props.part.say('confirm')}</span>
      </Show>
      <details class="screen-more">
        <summary>{props.part.say('about')}</summary>
        <For each={props.of.warnings}>{(warning) => <Notice kind="warn">{text(warning.text)}</Notice>}</For>
        <p class="small">
          {props.part.say('population')}{colonIn(props.part.language)}{text(props.of.population)}
        </p>
        <Show when={props.of.not_for.length > 0}>
          <p class="small">
            {props.part.say('notFor')}{colonIn(props.part.language)}{clausesIn(props.of.not_for.map(text), props.part.language)}
          </p>
        </Show>
        <p class="small">
          {props.of.citation} · {props.part.say('confidence', { code: props.of.confidence })}
        </p>
        <p class="soft small">{text(props.of.interval)}</p>
      </details>
    </div>
  );
}

/** What a guideline says, and the rule that held. */
export function Guideline(props: { of: Recommendation; part: Part; children?: JSX.Element }): JSX.Element {
  const text = (value: { zh: string; en: string }): string => inLanguage(value, props.part.language);
  const state = <State extends Recommendation['result']['state']>(
    wanted: State,
  ): Extract<Recommendation['result'], { state: State }> | undefined => {
    const { result } = props.of;
    return result.state === wanted ? (result as Extract<Recommendation['result'], { state: State }>) : undefined;
  };
  return (
    <li class="screen-guideline" data-guideline={props.of.guideline} data-state={props.of.result.state}>
      <h4>
        {text(props.of.title)}
        <Show when={props.of.needs_confirmation}>
          {' '}
          <span class="chip warn">{props.part.say('confirm')}</span>
        </Show>
      </h4>
      <Switch>
        <Match when={state('recommended')}>
          {(now) => (
            <p>
              <Show when={now().category}>
                {(category) => <strong>{props.part.say('category', { category: category() })} </strong>}
              </Show>
              {text(now().advice)}
            </p>
          )}
        </Match>
        <Match when={state('not-applicable')}>
          {(now) => (
            <p>
              {props.part.say('notApplicable')}{colonIn(props.part.language)}{clausesIn(now().why.map(text), props.part.language)}
            </p>
          )}
        </Match>
        <Match when={state('not-assessable')}>
          {(now) => (
            <p>
              {props.part.say('notAssessable')}.{' '}
              <span class="soft small">
                {props.part.say('missing', { inputs: missingWords(props.part, now().missing) })}
              </span>
            </p>
          )}
        </Match>
      </Switch>
      {props.children}
      <details class="screen-more">
        <summary>{props.part.say('why')}</summary>
        <For each={props.of.trace}>
          {(decided) => (
            <p class="small">
              <strong>{text(decided.label)}</strong>{colonIn(props.part.language)}{text(decided.gave)} —{' '}
              {clausesIn(
                decided.because.map((one) => `${text(one.label)}${colonIn(props.part.language)}${text(one.shown)}${one.limits ? asideIn(one.limits, props.part.language) : ''}`),
                props.part.language,
              )}
            </p>
          )}
        </For>
        <p class="small">
          {props.part.say('population')}{colonIn(props.part.language)}{text(props.of.population)}
        </p>
        <For each={props.of.traps}>{(trap) => <p class="soft small">{text(trap)}</p>}</For>
        <p class="small">
          {props.of.citation} · {props.part.say('confidence', { code: props.of.confidence })}
        </p>
      </details>
    </li>
  );
}
