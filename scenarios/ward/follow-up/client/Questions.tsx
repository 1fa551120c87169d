/** One question at a time, large enough for a thumb; then all answers once more before they go. */
import { For, Match, Show, Switch, createEffect, createMemo, createSignal, createUniqueId, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import type { Zone } from '../../../../client/core/dates';
import { asideIn, colonIn, inLanguage } from '../../../../client/core/language';
import { Field } from '../../../../client/panels/Field';
import { Notice } from '../../../../client/panels/Notice';
import { beQuiet, canRead, readAloud } from './aloud';
import type { OwnCourse, Question, Received, Value } from './course';
import { numberOf } from './days';
import { ReadAloud } from './ReadAloud';
import { optionsOf, sentFor, spokenOf, unitShown, valueShown } from './shown';
import type { Say } from './words';

type Given = Readonly<Record<string, Value | null>>;

interface QuestionsProps {
  readonly course: Pick<OwnCourse, 'questions'> & Partial<Pick<OwnCourse, 'received' | 'time_zone'>>;
  readonly say: Say;
  onSend(answers: Given): void;
  /** The patient answers another time. */
  onLeave(): void;
}

export function Questions(props: QuestionsProps): JSX.Element {
  const [given, setGiven] = createSignal<Given>({});
  const [at, setAt] = createSignal(0);
  // A question that was read anew is the same one: what is typed stays.
  const question = createMemo((): Question | undefined => props.course.questions[at()], undefined, {
    equals: (one, other) => one?.name === other?.name,
  });
  const answer = (name: string, value: Value | null): void => {
    setGiven((all) => ({ ...all, [name]: value }));
    setAt(at() + 1);
  };
  let holder: HTMLDivElement | undefined;
  // Where the question changes, the reading position of a listener follows.
  createEffect(on(at, () => holder?.querySelector<HTMLElement>('[data-focus]')?.focus(), { defer: true }));
  return (
    <div class="follow-questions" ref={(element) => (holder = element)}>
      <Show
        when={question()}
        keyed
        fallback={<Review {...props} given={given()} onChange={setAt} />}
      >
        {(one) => (
          <Card
            question={one}
            place={at()}
            all={props.course.questions.length}
            given={given()[one.name]}
            sent={sentFor(one.name, props.course.received ?? [])}
            zone={props.course.time_zone}
            say={props.say}
            onAnswer={(value) => answer(one.name, value)}
            onBack={() => setAt(at() - 1)}
            onLeave={() => props.onLeave()}
          />
        )}
      </Show>
    </div>
  );
}

interface CardProps {
  readonly question: Question;
  readonly place: number;
  readonly all: number;
  readonly given: Value | null | undefined;
  /** What a device sent for it today. */
  readonly sent: Received | undefined;
  readonly zone: Zone;
  readonly say: Say;
  onAnswer(value: Value | null): void;
  onBack(): void;
  onLeave(): void;
}

function Card(props: CardProps): JSX.Element {
  const app = useApp();
  // A patient may have several follow-ups, and what is asked once beside them.
  const heading = createUniqueId();
  return (
    <div class="follow-card" data-question={props.question.name}>
      <p class="soft small">{props.say('questionOf', { n: props.place + 1, all: props.all })}</p>
      <h3 id={heading} tabIndex={-1} data-focus="">
        {inLanguage(props.question.plain, app.language())}
      </h3>
      <Show when={props.sent}>
        {(sent) => (
          <Notice kind="good">
            <p data-sent={props.question.name}>
              {props.say('alreadySent', {
                value: valueShown(props.question, sent().value, props.say, app.language()),
                device: sent().device,
                at: momentOf(sent().at, app.language(), props.zone),
              })}
            </p>
          </Notice>
        )}
      </Show>
      <Switch>
        <Match when={props.question.kind === 'number'}>
          <NumberAnswer {...props} />
        </Match>
        <Match when={props.question.kind !== 'number'}>
          <div class="follow-choices" role="group" aria-labelledby={heading}>
            <For each={optionsOf(props.question, props.say, app.language())}>
              {(option) => (
                <button
                  type="button"
                  class="button"
                  data-value={option.id}
                  aria-pressed={props.given === option.value}
                  onClick={() => props.onAnswer(option.value)}
                >
                  {option.label}
                </button>
              )}
            </For>
          </div>
        </Match>
      </Switch>
      <div class="row">
        <Show
          when={props.place > 0}
          fallback={
            <button type="button" class="button quiet" data-leave="" onClick={() => props.onLeave()}>
              {props.say('notNow')}
            </button>
          }
        >
          <button type="button" class="button quiet" onClick={() => props.onBack()}>
            {props.say('back')}
          </button>
        </Show>
        <button type="button" class="button" data-value="none" onClick={() => props.onAnswer(null)}>
          {props.say(props.sent === undefined ? 'cannotMeasure' : 'leaveIt')}
        </button>
        <Show when={canRead()}>
          <button type="button" class="button" onClick={() => readAloud(spokenOf(props.question, props.say, app.language()), app.language())}>
            {props.say('readAloud')}
          </button>
          <button type="button" class="button quiet" onClick={beQuiet}>
            {props.say('quiet')}
          </button>
        </Show>
      </div>
    </div>
  );
}

function NumberAnswer(props: CardProps): JSX.Element {
  const app = useApp();
  const [typed, setTyped] = createSignal(typeof props.given === 'number' ? String(props.given) : '');
  const [tried, setTried] = createSignal(false);
  const found = () => numberOf(typed(), props.question);
  const wrong = (): string | undefined => {
    const now = found();
    if (!tried() || typeof now === 'number') return undefined;
    const [low, high] = props.question.range;
    return props.say(`wrong.${now}`, { low: low ?? '', high: high ?? '' });
  };
  const unit = (): string => unitShown(props.question, app.language()).trim();
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    const now = found();
    if (typeof now === 'number') props.onAnswer(now);
  };
  return (
    <form class="follow-number" onSubmit={save} noValidate>
      <Field label={unit() === '' ? props.say('answer') : props.say('answerIn', { unit: unit() })} wrong={wrong()}>
        {(control) => (
          <input
            {...control}
            class="input"
            name={props.question.name}
            inputmode="decimal"
            autocomplete="off"
            value={typed()}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" class="button primary">
        {props.say('next')}
      </button>
    </form>
  );
}

function Review(props: QuestionsProps & { given: Given; onChange(at: number): void }): JSX.Element {
  const app = useApp();
  const shown = (question: Question): string => {
    const sent = sentFor(question.name, props.course.received ?? []);
    const value = props.given[question.name] ?? undefined;
    if (value !== undefined || sent === undefined) return valueShown(question, value, props.say, app.language());
    return `${valueShown(question, sent.value, props.say, app.language())}${asideIn(props.say('byDevice', { device: sent.device }), app.language())}`;
  };
  const spoken = (): string =>
    [props.say('check'), ...props.course.questions.map((question) => `${inLanguage(question.label, app.language())}${colonIn(app.language())}${shown(question)}`)].join('\n');
  const isEmpty = (): boolean => Object.values(props.given).every((value) => value === null);
  return (
    <div class="follow-card" data-review="">
      <h3 tabIndex={-1} data-focus="">
        {props.say('check')}
      </h3>
      <ul class="follow-review">
        <For each={props.course.questions}>
          {(question, at) => (
            <li>
              <span>
                {inLanguage(question.label, app.language())}{colonIn(app.language())}
                <strong>{shown(question)}</strong>
              </span>
              <button type="button" class="button quiet small" onClick={() => props.onChange(at())}>
                {props.say('change')}
                <span class="for-listeners">: {inLanguage(question.label, app.language())}</span>
              </button>
            </li>
          )}
        </For>
      </ul>
      <div class="row">
        <ReadAloud name="review" text={spoken()} of={props.say('check')} say={props.say} />
      </div>
      <Show
        when={!isEmpty()}
        fallback={
          <>
            <Notice>{props.say('nothingAnswered')}</Notice>
            <button type="button" class="button" data-leave="" onClick={() => props.onLeave()}>
              {props.say('notNow')}
            </button>
          </>
        }
      >
        <button type="button" class="button primary follow-start" onClick={() => props.onSend(props.given)}>
          {props.say('send')}
        </button>
      </Show>
    </div>
  );
}
