/** What the plan asks of its patient once, as a questionnaire of screening does. Nothing of it waits on the device. */
import { Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { Notice } from '../../../../client/panels/Notice';
import { coursePath } from './course';
import type { OwnCourse, Value } from './course';
import type { Kept } from './keep';
import { Questions } from './Questions';
import type { Say } from './words';

export function OwnOnce(props: { course: OwnCourse; kept: Kept; say: Say }): JSX.Element {
  const app = useApp();
  const { say } = props;
  const [isAsking, setAsking] = createSignal(false);
  const [isThanked, setThanked] = createSignal(false);
  const [fault, setFault] = createSignal<string>();
  const send = async (given: Readonly<Record<string, Value | null>>): Promise<void> => {
    // Some of these may have been answered meanwhile by who treats the patient.
    const asked = new Set(props.course.once.map(({ name }) => name));
    const answers = Object.fromEntries(Object.entries(given).filter(([name, value]) => value !== null && asked.has(name)));
    try {
      await app.api.post(coursePath(props.course.id, '/assess'), { answers });
      setFault(undefined);
      setAsking(false);
      setThanked(true);
      app.announce(say('thanksSent'));
    } catch (error) {
      setFault(app.explain(error));
    }
    await props.kept.load();
  };
  return (
    <Show when={props.course.once.length > 0 || isThanked()}>
      <div class="stack" data-once={props.course.once.length}>
        <h3>{say('once')}</h3>
        <Show when={isThanked()}>
          <Notice kind="good">{say('thanksSent')}</Notice>
        </Show>
        <Show when={fault()}>{(why) => <Notice kind="bad">{why()}</Notice>}</Show>
        <Show when={props.course.once.length > 0}>
          <p class="soft">{say(props.kept.offline() ? 'onceNeedsLine' : 'onceHint', { n: props.course.once.length })}</p>
          <Show
            when={isAsking()}
            fallback={
              <Show when={!props.kept.offline()}>
                <div class="row">
                  <button type="button" class="button" data-once-start="" onClick={() => (setThanked(false), setAsking(true))}>
                    {say('onceStart')}
                  </button>
                </div>
              </Show>
            }
          >
            <Questions
              course={{ questions: props.course.once }}
              say={say}
              onSend={(answers) => void send(answers)}
              onLeave={() => (setFault(undefined), setAsking(false))}
            />
          </Show>
        </Show>
      </div>
    </Show>
  );
}
