/** Tasks and orders of a patient that are still open, as the record has them. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { createQuery } from '../../../../client/core/query';
import { openTasks, titleOf } from './tasks';
import type { Task } from './tasks';
import type { Say } from './words';

export function TasksOf(props: { patient: string; say: Say }): JSX.Element {
  const app = useApp();
  const tasks = createQuery<Task[]>(() => {
    const { patient } = props;
    return (signal) => openTasks(app.api, patient, signal);
  });
  const kind = ({ resourceType }: Task): string => props.say(`kind-${resourceType}`);
  return (
    <section aria-label={props.say('tasks')} data-tasks>
      <h3>{props.say('tasks')}</h3>
      <Show when={tasks.error()}>
        <p class="soft">{props.say('tasksUnseen')}</p>
      </Show>
      <Show when={tasks.data()}>
        {(all) => (
          <ul>
            <For each={all()} fallback={<li class="soft">{props.say('noTasks')}</li>}>
              {(one) => (
                <li>
                  {titleOf(one) ?? kind(one)}{' '}
                  <span class="soft small">
                    <Show when={titleOf(one)}>{kind(one)} · </Show>
                    {props.say(`status-${one.status}`)}
                    <Show when={one.authoredOn}>{(at) => <> · {momentOf(at(), app.language())}</>}</Show>
                  </span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Show>
    </section>
  );
}
