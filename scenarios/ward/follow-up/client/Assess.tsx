/** What the lists of the plan say, and the answers that they stand on. */
import { For, Match, Show, Switch, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { asideIn, clausesIn, colonIn, inLanguage } from '../../../../client/core/language';
import { Field } from '../../../../client/panels/Field';
import type { CardInput } from '../../../../contract/knowledge';
import type { Part } from './CourseView';
import type { Asked, Result } from './found';
import { answersOf, isNoNumber } from './typed';
import type { TypedAnswers } from './typed';

export function Assess(props: { part: Part; asked: Asked }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const ofPatient = (): string =>
    props.asked.questions
      .filter(({ name }) => props.asked.of_patient.includes(name))
      .map(({ label }) => inLanguage(label, app.language()))
      .join(app.language() === 'zh' ? '、' : ', ');
  return (
    <section class="panel" aria-labelledby="follow-assess" data-assess="">
      <header>
        <h2 id="follow-assess">{say('assess')}</h2>
      </header>
      <div class="panel-body stack">
        <ul class="follow-facts">
          <For each={props.asked.results}>{(result) => <OneResult result={result} part={props.part} />}</For>
        </ul>
        <Show when={props.asked.by}>
          {(by) => <p class="soft small">{say('assessedBy', { name: by().name, at: momentOf(props.asked.at ?? '', app.language(), props.part.of.time_zone) })}</p>}
        </Show>
        <Show when={props.part.of.is_active && ofPatient()}>
          {(names) => <p class="soft small" data-of-patient="">{say('ofPatient', { names: names() })}</p>}
        </Show>
        <Show when={props.part.of.is_active && props.asked.questions.length > 0}>
          <details>
            <summary>{say('askLists')}</summary>
            <Form part={props.part} asked={props.asked} />
          </details>
        </Show>
      </div>
    </section>
  );
}

function OneResult(props: { result: Result; part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const said = () => props.result.said;
  const text = (value: { zh: string; en: string }): string => inLanguage(value, app.language());
  const missing = (): string => {
    const found = said().result;
    return found.state === 'not-assessable' ? clausesIn(found.missing.map(({ why }) => text(why)), app.language()) : '';
  };
  const words = (): string => {
    const one = said();
    if (one.result.state !== 'assessed') {
      const open = say('notAssessable', { why: missing() });
      return 'at_least' in one && one.at_least ? `${say('atLeast', { n: one.at_least.points })} · ${open}` : open;
    }
    if ('classes' in one) return text((one.result.value as { label: { zh: string; en: string } }).label);
    return `${String(one.result.value)} · ${one.band === undefined ? '' : text(one.band.label)}`;
  };
  const advice = (): string | undefined => {
    const one = said();
    if (!('classes' in one) || one.result.state !== 'assessed' || one.result.value.advice === undefined) return undefined;
    return text(one.result.value.advice);
  };
  const owner = (): string | undefined => {
    const one = said();
    return 'attribution' in one && one.attribution !== undefined ? text(one.attribution) : undefined;
  };
  return (
    <li data-result={props.result.id} data-found={props.result.found ?? 'open'}>
      {text(said().title)}{colonIn(app.language())}<strong>{words()}</strong>{' '}
      <Show when={said().needs_confirmation}>
        <span class="chip warn">{say('confirm')}</span>
      </Show>
      <Show when={advice()}>
        {(line) => (
          <>
            <br />
            {line()}
          </>
        )}
      </Show>
      <br />
      <span class="soft small">
        {said().citation}
        <Show when={owner()}>{(line) => <> · {line()}</>}</Show>
      </span>
    </li>
  );
}

function Form(props: { part: Part; asked: Asked }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const [typed, setTyped] = createSignal<TypedAnswers>({});
  const [tried, setTried] = createSignal(false);
  const known = (name: string): string => {
    const value = props.asked.answers[name]?.value;
    return typeof value === 'boolean' ? (value ? 'yes' : 'no') : value === undefined ? '' : String(value);
  };
  const set = (name: string, value: string): void => void setTyped((all) => ({ ...all, [name]: value }));
  const label = (question: CardInput): string =>
    question.unit === undefined || question.unit === '1'
      ? inLanguage(question.label, app.language())
      : `${inLanguage(question.label, app.language())}${asideIn(question.unit, app.language())}`;
  const source = (name: string): string | undefined => {
    const from = props.asked.answers[name]?.source?.reference;
    return from === undefined || from.startsWith('actor/') ? undefined : say('fromRecord');
  };
  const hint = (question: CardInput): string | undefined =>
    [question.help === undefined ? undefined : inLanguage(question.help, app.language()), source(question.name)]
      .filter((part) => part !== undefined)
      .join(' · ') || undefined;
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (props.asked.questions.some((one) => isNoNumber(typed(), one))) return;
    const answers = answersOf(typed(), props.asked.questions);
    if (!(await props.part.act('assess', { answers }))) return;
    setTyped({});
    setTried(false);
  };
  return (
    <form class="follow-form" data-form="assess" onSubmit={(event) => void send(event)} noValidate>
      <For each={props.asked.questions}>
        {(question) => (
          <Field label={label(question)} hint={hint(question)} wrong={tried() && isNoNumber(typed(), question) ? say('wrong.none') : undefined}>
            {(control) => (
              <Switch>
                <Match when={question.kind === 'number'}>
                  <input
                    {...control}
                    class="input"
                    name={question.name}
                    inputmode="decimal"
                    autocomplete="off"
                    value={typed()[question.name] ?? known(question.name)}
                    onInput={(event) => set(question.name, event.currentTarget.value)}
                  />
                </Match>
                <Match when={question.kind !== 'number'}>
                  <select
                    {...control}
                    class="input"
                    name={question.name}
                    value={typed()[question.name] ?? known(question.name)}
                    onChange={(event) => set(question.name, event.currentTarget.value)}
                  >
                    <option value="">{say('unknownYet')}</option>
                    <Show
                      when={question.kind === 'yes-no'}
                      fallback={
                        <For each={question.choices}>{(one) => <option value={one.id}>{inLanguage(one.label, app.language())}</option>}</For>
                      }
                    >
                      <option value="yes">{say('yes')}</option>
                      <option value="no">{say('no')}</option>
                    </Show>
                  </select>
                </Match>
              </Switch>
            )}
          </Field>
        )}
      </For>
      <div class="row">
        <button type="submit" class="button primary">
          {say('keep')}
        </button>
      </div>
    </form>
  );
}
