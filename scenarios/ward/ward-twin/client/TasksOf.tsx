/** Tasks and orders of a patient that are still open, as the record has them. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { createQuery, reloadSoon } from '../../../../client/core/query';
import { openTasks, titleOf } from './tasks';
import type { OpenTasks, Task } from './tasks';
import type { Say } from './words';

/** What is written comes in bursts: it is asked again once for all. */
const SOON_ms = 1_000;

export function TasksOf(props: { patient: string; say: Say }): JSX.Element {
  const app = useApp();
  const tasks = createQuery<OpenTasks>(() => {
    const { patient } = props;
    return (signal) => openTasks(app.api, patient, signal);
  });
  const soon = reloadSoon(tasks, SOON_ms);
  app.onServerEvent((event) => {
    if (['record', 'case', 'missed'].includes(event.kind)) soon();
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
            <For each={all().tasks} fallback={<li class="soft">{props.say('noTasks')}</li>}>
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
            <Show when={all().more > 0}>
              <li class="soft" data-more>{props.say('tasksMore', { n: all().more })}</li>
            </Show>
          </ul>
        )}
      </Show>
    </section>
  );
}
