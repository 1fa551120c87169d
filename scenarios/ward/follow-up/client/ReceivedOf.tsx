/** What the patient's own devices sent today: it need not be typed, and may. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { Notice } from '../../../../client/panels/Notice';
import type { OwnCourse, Received } from './course';
import { marksShown, valueShown } from './shown';
import type { Say } from './words';

export function ReceivedOf(props: { course: OwnCourse; say: Say }): JSX.Element {
  const app = useApp();
  const words = (one: Received): string => {
    const question = props.course.questions.find(({ name }) => name === one.name);
    if (question === undefined) return String(one.value);
    return `${inLanguage(question.label, app.language())}${colonIn(app.language())}${valueShown(question, one.value, props.say, app.language())}`;
  };
  const withoutClock = () => (props.course.without_clock ?? []).join(app.language() === 'zh' ? '、' : ', ');
  return (
    <>
      <Show when={withoutClock()}>
        {(devices) => (
          <Notice kind="warn">
            <p data-without-clock>{props.say('withoutClock', { devices: devices() })}</p>
          </Notice>
        )}
      </Show>
      <Show when={props.course.received.length > 0}>
        <h3>{props.say('received')}</h3>
        <ul class="follow-received">
          <For each={props.course.received}>
            {(one) => (
              <li data-received={one.name}>
                <strong>{words(one)}</strong>{' '}
                <span class="soft">
                  {props.say('byDevice', { device: one.device })} · {momentOf(one.at, app.language(), props.course.time_zone)} ·{' '}
                  {marksShown(one.marks, props.say, app.language())}
                </span>
              </li>
            )}
          </For>
        </ul>
        <p class="soft">{props.say('receivedHint')}</p>
      </Show>
    </>
  );
}
