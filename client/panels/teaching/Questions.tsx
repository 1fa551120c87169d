/** The questions of a case, answered once. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Question } from '../../../contract/teaching';
import { useApp } from '../../core/app';
import { Field } from '../Field';
import type { FieldIds } from '../Field';
import { Notice } from '../Notice';
import type { TeachingCase } from './case';

export function Questions(props: { of: TeachingCase; onAnswered(now: TeachingCase): void }): JSX.Element {
  const app = useApp();
  const [given, setGiven] = createSignal<Readonly<Record<string, string | number>>>({});
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<string>();
  const open = (): number => props.of.questions.filter(({ id }) => given()[id] === undefined).length;
  const give = (id: string, value: string | number | undefined): void => {
    const { [id]: _, ...others } = given();
    setGiven(value === undefined ? others : { ...others, [id]: value });
  };
  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy()) return;
    setBusy(true);
    setRefusal(undefined);
    try {
      const path = `/api/teaching/cases/${encodeURIComponent(props.of.id)}/answers`;
      props.onAnswered(await app.api.post<TeachingCase>(path, { answers: given() }));
    } catch (error) {
      setRefusal(app.explain(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <section class="panel" aria-labelledby="teaching-questions">
      <header>
        <h2 id="teaching-questions">{app.t('teaching.questions')}</h2>
      </header>
      <form class="panel-body teaching-form" onSubmit={(event) => void send(event)}>
        <p class="soft small">{app.t('teaching.once')}</p>
        <For each={props.of.questions}>
          {(question) => (
            <Field label={question.ask[app.language()]}>
              {(control) => <Control control={control} question={question} onGive={(value) => give(question.id, value)} />}
            </Field>
          )}
        </For>
        <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
        <Show when={open() > 0}>
          <p class="soft small">{app.t('teaching.unanswered', { n: open() })}</p>
        </Show>
        <button type="submit" class="button primary" disabled={busy()}>
          {app.t('teaching.submit')}
        </button>
      </form>
    </section>
  );
}

function Control(props: {
  control: FieldIds;
  question: Question;
  onGive(value: string | number | undefined): void;
}): JSX.Element {
  const app = useApp();
  const options = (): readonly { id: string; label: { zh: string; en: string } }[] => {
    const answer = props.question.answer;
    return answer.kind === 'choice' ? answer.options : [];
  };
  return (
    <Show
      when={props.question.answer.kind === 'choice'}
      fallback={
        <input
          {...props.control}
          class="input"
          type="number"
          step="any"
          onInput={(event) => {
            const value = event.currentTarget.valueAsNumber;
            props.onGive(Number.isNaN(value) ? undefined : value);
          }}
        />
      }
    >
      <select {...props.control} class="input" onChange={(event) => props.onGive(event.currentTarget.value || undefined)}>
        <option value="">{app.t('teaching.choose')}</option>
        <For each={options()}>{(option) => <option value={option.id}>{option.label[app.language()]}</option>}</For>
      </select>
    </Show>
  );
}
