/** The models' questions: what the record knows is filled in with its source, the rest is asked. */
import { For, Match, Show, Switch } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { asideIn, clausesIn, colonIn, inLanguage, listIn } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { Segmented } from '../../../../client/panels/Segmented';
import { SourceChip } from '../../../../client/panels/SourceChip';
import type { Assessment, Source } from '../../../../contract/knowledge';
import type { Draft, Value } from './answers';
import type { Part, Question } from './case';
import { isOpened } from './case';
import type { Say } from './words';

interface AskProps {
  readonly part: Part;
  readonly say: Say;
  readonly language: Language;
}

export function Ask(props: AskProps): JSX.Element {
  const labelOf = (input: string): string => {
    const question = props.part.of.questions.find(({ name }) => name === input);
    return question ? inLanguage(question.label, props.language) : input;
  };
  return (
    <div class="stack">
      <Show
        when={!props.part.of.answers_locked}
        fallback={<Notice>{props.say('answersLocked')}</Notice>}
      >
        <p class="soft small">{props.say('answersHint')}</p>
      </Show>
      <ul class="consult-questions">
        <For each={props.part.of.questions}>{(question) => <QuestionRow question={question} {...props} />}</For>
      </ul>
      <h2 class="consult-heading">{props.say('readiness')}</h2>
      <ul class="consult-ready">
        <For each={props.part.of.models}>
          {(model) => (
            <li data-model={model.model} data-state={model.result.state}>
              <strong>{inLanguage(model.title, props.language)}</strong>
              <Switch>
                <Match when={model.result.state === 'not-assessable' && model.result.missing}>
                  {(missing) => (
                    <Missing say={props.say} language={props.language} inputs={missing().map(({ input }) => labelOf(input))} />
                  )}
                </Match>
                <Match when={model.result.state === 'sealed'}>
                  <span class="chip good">{props.say('ready')}</span>
                </Match>
                <Match when={isOpened<Assessment>(model) && model.percent}>{(percent) => <span>{percent()} %</span>}</Match>
              </Switch>
            </li>
          )}
        </For>
        <For each={props.part.of.guidelines}>
          {(one) => (
            <li data-guideline-ready={one.guideline} data-state={one.result.state}>
              <strong>{inLanguage(one.title, props.language)}</strong>
              <Switch fallback={<span class="chip good">{props.say('ready')}</span>}>
                <Match when={one.result.state === 'not-assessable' && one.result.missing}>
                  {(missing) => (
                    <Missing say={props.say} language={props.language} inputs={missing().map(({ input }) => labelOf(input))} />
                  )}
                </Match>
                <Match when={one.result.state === 'not-applicable' && one.result.why}>
                  {(why) => (
                    <span class="soft small">
                      {props.say('notApplicable')}{colonIn(props.language)}{clausesIn(why().map((each) => inLanguage(each, props.language)), props.language)}
                    </span>
                  )}
                </Match>
              </Switch>
            </li>
          )}
        </For>
      </ul>
    </div>
  );
}

/** A source that the record can open, as its address. */
function addressOf(source: Source): string | undefined {
  return /^[A-Z]\w+\/[\w.-]+$/.test(source.reference) ? `/fhir/${source.reference}` : undefined;
}

function QuestionRow(props: AskProps & { question: Question }): JSX.Element {
  const name = (): string => inLanguage(props.question.label, props.language);
  // UCUM writes a year as `a` and a pure number as `1`.
  const unit = (): string =>
    props.question.unit === 'a' ? props.say('years') : props.question.unit === '1' ? '' : (props.question.unit ?? '');
  const label = (): string => (unit() === '' ? name() : `${name()}${asideIn(unit(), props.language)}`);
  const draft = (): Draft | undefined => props.part.answers.drafts()[props.question.name];
  /** What was chosen last, whether the record has it yet or not. */
  const value = (): Value => {
    const chosen = draft();
    return chosen ? chosen.value : (props.question.answer?.value ?? null);
  };
  const save = (now: Value): void => {
    if (now !== value()) props.part.answers.choose(props.question.name, now);
  };
  const chosen = (): 'yes' | 'no' | 'unknown' => {
    const now = value();
    return now === null ? 'unknown' : now === true ? 'yes' : 'no';
  };
  const source = (): Source | undefined => props.question.answer?.source;
  const sourceWords = (from: Source): string => {
    if (from.reference.startsWith('Practitioner/')) return props.say('fromPerson');
    return from.reference.startsWith('series/') ? props.say('measured') : props.say('fromRecord');
  };
  const range = (): string | undefined => {
    const all = props.question.asked_by.map(({ range: one }) => one);
    const low = Math.min(...all.map(([first]) => first ?? Number.NEGATIVE_INFINITY));
    const high = Math.max(...all.map(([, last]) => last ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(low) && Number.isFinite(high) ? props.say('allowed', { low, high, unit: unit() }) : undefined;
  };
  const hint = (): string | undefined =>
    props.question.help ? inLanguage(props.question.help, props.language) : range();
  return (
    <li class="consult-question" data-question={props.question.name}>
      <Switch>
        <Match when={props.question.kind === 'yes-no'}>
          <div class="field">
            <span class="legend">{label()}</span>
            <fieldset class="consult-plain" disabled={props.part.of.answers_locked}>
              <Segmented
                label={label()}
                options={(['yes', 'no', 'unknown'] as const).map((value) => ({ value, label: props.say(value) }))}
                chosen={chosen()}
                onChoose={(choice) => save(choice === 'unknown' ? null : choice === 'yes')}
              />
            </fieldset>
          </div>
        </Match>
        <Match when={props.question.kind === 'number'}>
          <Field label={label()} hint={hint()}>
            {(control) => (
              <input
                {...control}
                class="input"
                type="number"
                step="any"
                inputmode="decimal"
                disabled={props.part.of.answers_locked}
                value={String(value() ?? '')}
                onChange={(event) => {
                  const typed = event.currentTarget.valueAsNumber;
                  save(Number.isNaN(typed) ? null : typed);
                }}
              />
            )}
          </Field>
        </Match>
        <Match when={props.question.kind === 'choice'}>
          <Field label={label()} hint={hint()}>
            {(control) => (
              <select
                {...control}
                class="input"
                disabled={props.part.of.answers_locked}
                onChange={(event) => save(event.currentTarget.value || null)}
              >
                <option value="" selected={value() === null}>
                  {props.say('unknown')}
                </option>
                <For each={props.question.choices}>
                  {(choice) => (
                    <option value={choice.id} selected={value() === choice.id}>
                      {inLanguage(choice.label, props.language)}
                    </option>
                  )}
                </For>
              </select>
            )}
          </Field>
        </Match>
      </Switch>
      <Show
        when={draft()}
        fallback={
          <Show when={source()} fallback={<span class="soft small">{inLanguage(props.question.unknown ?? '', props.language)}</span>}>
            {(from) => <SourceChip label={sourceWords(from())} href={addressOf(from())} />}
          </Show>
        }
      >
        {(one) => <Unsaved name={props.question.name} draft={one()} part={props.part} say={props.say} />}
      </Show>
    </li>
  );
}

/** An answer that the record does not have: it is on its way, or was refused and stands until its author decides. */
function Unsaved(props: { name: string; draft: Draft; part: Part; say: Say }): JSX.Element {
  const app = useApp();
  return (
    <Show
      when={props.draft.refused}
      fallback={
        <span class="soft small" data-draft="saving">
          {props.say('saving')}
        </span>
      }
    >
      {(why) => (
        <div class="stack" data-draft="unsaved">
          <Notice kind="bad">{props.say('notSaved', { why: app.explain(why()) })}</Notice>
          <div class="row">
            <button type="button" class="button small" disabled={props.part.of.answers_locked} onClick={() => props.part.answers.choose(props.name, props.draft.value)}>
              {app.t('app.retry')}
            </button>
            <button type="button" class="button small" onClick={() => props.part.answers.drop(props.name)}>
              {props.say('dropAnswer')}
            </button>
          </div>
        </div>
      )}
    </Show>
  );
}

/** What stands in the way of an answer. */
function Missing(props: { say: Say; language: Language; inputs: readonly string[] }): JSX.Element {
  return (
    <span class="soft small">
      {props.say('notAssessable')}
      {props.language === 'zh' ? '。' : '. '}
      {props.say('missing', { inputs: listIn(props.inputs, props.language) })}
    </span>
  );
}
