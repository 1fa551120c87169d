/** How a question is answered by touch or keyboard. */
import { For, Match, Show, Switch, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { inLanguage } from '../../../../client/core/language';
import { typedNumber } from '../../../../client/core/typed-number';
import { Field } from '../../../../client/panels/Field';
import type { AnswerValue } from '../../../../contract/knowledge';
import type { Part, Question } from './course';
import { answerOf } from './course';
import { unitOf } from './shown';

interface ControlProps {
  readonly part: Part;
  readonly question: Pick<Question, 'name' | 'kind' | 'choices' | 'plain'> & { readonly of?: Question };
  onSave(value: AnswerValue): void;
}

export function Control(props: ControlProps): JSX.Element {
  const now = (): AnswerValue | undefined =>
    answerOf(props.part, { name: props.question.name, answer: props.question.of?.answer ?? null });
  const options = (): { value: AnswerValue; id: string; label: string }[] =>
    props.question.kind === 'yes-no'
      ? [true, false].map((value) => ({ value, id: value ? 'yes' : 'no', label: props.part.say(value ? 'yes' : 'no') }))
      : props.question.choices.map(({ id, label }) => ({ value: id, id, label: inLanguage(label, props.part.language) }));
  return (
    <Switch>
      <Match when={props.question.kind === 'number'}>
        <NumberControl {...props} now={now()} />
      </Match>
      <Match when={props.question.kind !== 'number'}>
        <div class="screen-choices" role="group" aria-labelledby="screen-question">
          <For each={options()}>
            {(option) => (
              <button
                type="button"
                class="button"
                data-value={option.id}
                aria-pressed={now() === option.value}
                onClick={() => props.onSave(option.value)}
              >
                {option.label}
              </button>
            )}
          </For>
        </div>
      </Match>
    </Switch>
  );
}

function NumberControl(props: ControlProps & { now: AnswerValue | undefined }): JSX.Element {
  const [typed, setTyped] = createSignal(typeof props.now === 'number' ? String(props.now) : '');
  const number = (): number => typedNumber(typed()) ?? Number.NaN;
  const isUsable = (): boolean => number() >= 0;
  const [tried, setTried] = createSignal(false);
  const unit = (): string => (props.question.of ? unitOf(props.question.of, props.part.say) : '');
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    setTried(true);
    if (isUsable()) props.onSave(number());
  };
  return (
    <form class="screen-number" onSubmit={save} noValidate>
      <Field
        label={unit() === '' ? props.part.say('answer') : props.part.say('answerIn', { unit: unit() })}
        wrong={tried() && !isUsable() ? props.part.say('needNumber') : undefined}
      >
        {(control) => (
          <input
            {...control}
            class="input"
            inputmode="decimal"
            autocomplete="off"
            value={typed()}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" class="button primary">
        {props.part.say('save')}
      </button>
      <Show when={props.question.of?.record}>
        {(known) => (
          <button type="button" class="button" onClick={() => props.onSave(known().value)}>
            {props.part.say('takeRecord', { value: String(known().value) })}
          </button>
        )}
      </Show>
    </form>
  );
}
