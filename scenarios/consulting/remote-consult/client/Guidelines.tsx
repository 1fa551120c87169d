/** What the guidelines advise, side by side, and by which rule. */
import { For, Match, Show, Switch } from 'solid-js';
import type { JSX } from 'solid-js';
import { asideIn, clausesIn, colonIn, inLanguage, listIn } from '../../../../client/core/language';
import type { Language, Text } from '../../../../client/core/language';
import { Notice } from '../../../../client/panels/Notice';
import type { Conflict, Decided, Recommendation } from '../../../../contract/knowledge';
import { isOpened } from './case';
import type { Part } from './case';
import type { Say } from './words';

interface GuidelinesProps {
  readonly part: Part;
  readonly say: Say;
  readonly language: Language;
}

export function Guidelines(props: GuidelinesProps): JSX.Element {
  const opened = (): Recommendation[] => props.part.of.guidelines.filter((one) => isOpened<Recommendation>(one));
  const conflicts = (): Conflict[] => props.part.of.agreement?.conflicts ?? [];
  return (
    <Show when={opened().length > 0}>
      <section class="stack">
        <h2 class="consult-heading">{props.say('guidelines')}</h2>
        <ul class="consult-guidelines">
          <For each={opened()}>{(one) => <Guideline of={one} {...props} />}</For>
        </ul>
        <Show when={conflicts().length > 0} fallback={<p class="soft small">{props.say('guidelinesAgree')}</p>}>
          <Notice kind="warn">
            <p>{props.say('guidelinesDiffer')}</p>
            <ul data-conflicts={conflicts().length}>
              <For each={conflicts()}>{(one) => <li>{inLanguage(one.text, props.language)}</li>}</For>
            </ul>
          </Notice>
        </Show>
      </section>
    </Show>
  );
}

function Guideline(props: GuidelinesProps & { of: Recommendation }): JSX.Element {
  const text = (value: Text): string => inLanguage(value, props.language);
  const labelOf = (input: string): string => {
    const question = props.part.of.questions.find(({ name }) => name === input);
    return question ? text(question.label) : input;
  };
  const result = (): Recommendation['result'] => props.of.result;
  const recommended = () => {
    const now = result();
    return now.state === 'recommended' ? now : undefined;
  };
  const outside = () => {
    const now = result();
    return now.state === 'not-applicable' ? now : undefined;
  };
  const missing = () => {
    const now = result();
    return now.state === 'not-assessable' ? now : undefined;
  };
  return (
    <li data-guideline={props.of.guideline} data-state={result().state}>
      <h3>
        {text(props.of.title)}
        <Show when={props.of.needs_confirmation}>
          {' '}
          <span class="chip warn">{props.say('confirm')}</span>
        </Show>
      </h3>
      <Switch>
        <Match when={recommended()}>
          {(now) => (
            <p class="consult-advice">
              <Show when={now().category}>
                {(category) => <strong>{props.say('category', { category: category() })} </strong>}
              </Show>
              {text(now().advice)}
            </p>
          )}
        </Match>
        <Match when={outside()}>
          {(now) => (
            <p>
              {props.say('notApplicable')}{colonIn(props.language)}{clausesIn(now().why.map(text), props.language)}
            </p>
          )}
        </Match>
        <Match when={missing()}>
          {(now) => (
            <p>
              {props.say('notAssessable')}
              <br />
              <span class="soft small">
                {props.say('missing', { inputs: listIn(now().missing.map(({ input }) => labelOf(input)), props.language) })}
              </span>
            </p>
          )}
        </Match>
      </Switch>
      <details class="consult-model" data-why={props.of.guideline}>
        <summary>{props.say('why')}</summary>
        <div class="stack">
          <For each={props.of.trace}>{(decided) => <Because of={decided} language={props.language} text={text} />}</For>
          <dl class="consult-card">
            <dt>{props.say('population')}</dt>
            <dd>{text(props.of.population)}</dd>
            <Show when={props.of.traps.length > 0}>
              <dt>{props.say('toKnow')}</dt>
              <For each={props.of.traps}>{(trap) => <dd>{text(trap)}</dd>}</For>
            </Show>
            <dt>{props.say('source')}</dt>
            <dd>
              {props.of.citation} · {props.say('confidence', { code: props.of.confidence })}
            </dd>
          </dl>
        </div>
      </details>
    </li>
  );
}

/** One table's decision: the rule that held and each answer that made it hold. */
function Because(props: { of: Decided; language: Language; text: (value: Text) => string }): JSX.Element {
  return (
    <div>
      <p class="small">
        <strong>{props.text(props.of.label)}</strong>{colonIn(props.language)}{props.text(props.of.gave)}
      </p>
      <ul class="consult-because small">
        <For each={props.of.because}>
          {(one) => (
            <li>
              {props.text(one.label)}{colonIn(props.language)}<strong>{props.text(one.shown)}</strong>
              <Show when={one.limits}>{(limits) => <span class="soft">{asideIn(limits(), props.language)}</span>}</Show>
            </li>
          )}
        </For>
      </ul>
    </div>
  );
}
