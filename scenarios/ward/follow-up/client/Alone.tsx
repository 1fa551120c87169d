/** The phone when nobody has signed in for long: it asks and shows nothing; what was answered waits to be claimed. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { Notice } from '../../../../client/panels/Notice';
import type { OwnCourse, Unsent } from './course';
import type { Kept } from './keep';
import { Questions } from './Questions';
import { valueShown } from './shown';
import type { Say } from './words';

/** What was answered when nobody was signed in: the patient says whether it was them, before anything goes. */
export function Unclaimed(props: { course: OwnCourse; one: Unsent; kept: Kept; say: Say }): JSX.Element {
  const app = useApp();
  const said = (): string =>
    props.course.questions
      .flatMap((question) => {
        const value = props.one.answers[question.name];
        return value === undefined
          ? []
          : [`${inLanguage(question.label, app.language())}${colonIn(app.language())}${valueShown(question, value, props.say, app.language())}`];
      })
      .join(' · ');
  return (
    <Notice kind="warn">
      <p data-unclaimed={props.one.id}>{props.say('wasItYou', { day: dayOf(props.one.day, app.language()), said: said() })}</p>
      <div class="row">
        <button type="button" class="button primary" onClick={() => void props.kept.claim(props.course.id, props.one.id)}>
          {props.say('itWasMe')}
        </button>
        <button type="button" class="button" onClick={() => void props.kept.discard(props.course.id, props.one.id)}>
          {props.say('notMe')}
        </button>
      </div>
    </Notice>
  );
}

/** The session is long over and there is no line: questions can be answered, and nothing that was known is shown. */
export function OnlyAnswers(props: { kept: Kept; say: Say }): JSX.Element {
  const app = useApp();
  const [asking, setAsking] = createSignal<string>();
  const [kept, setKept] = createSignal(false);
  const send = async (course: string, answers: Parameters<Kept['report']>[1]): Promise<void> => {
    setAsking(undefined);
    await props.kept.report(course, answers);
    setKept(true);
    app.announce(props.say('keptUnclaimed'));
  };
  return (
    <section class="panel" data-answers-only="" aria-label={props.say('answersOnly')}>
      <div class="panel-body stack">
        <Notice>{props.say(props.kept.offline() && props.kept.forms().length === 0 ? 'answersNone' : 'answersOnlyWhy')}</Notice>
        <Show when={kept()}>
          <Notice kind="good">{props.say('keptUnclaimed')}</Notice>
        </Show>
        <For each={props.kept.forms().map(({ id }) => id)}>
          {(id) => (
            <div data-form-of={id}>
              <Show
                when={asking() === id && props.kept.forms().find((form) => form.id === id)}
                fallback={
                  <button type="button" class="button primary follow-start" onClick={() => (setKept(false), setAsking(id))}>
                    {props.say('start')}
                  </button>
                }
              >
                {(form) => <Questions course={form()} say={props.say} onSend={(answers) => void send(id, answers)} onLeave={() => setAsking(undefined)} />}
              </Show>
            </div>
          )}
        </For>
      </div>
    </section>
  );
}
