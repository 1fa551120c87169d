/** Tasks and orders of a patient that are still open, as the record has them. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { createQuery } from '../../../../client/core/query';
import type { Say, Word } from './words';

interface Resource {
  readonly resourceType: string;
  readonly id: string;
  readonly status?: string;
  readonly description?: string;
  readonly code?: { readonly text?: string; readonly coding?: readonly { readonly code?: string; readonly display?: string }[] };
  readonly authoredOn?: string;
}

interface Bundle {
  readonly entry?: readonly { readonly resource?: Resource }[];
}

const KINDS = [
  ['Task', 'requested,received,accepted,ready,in-progress,on-hold'],
  ['ServiceRequest', 'active,on-hold'],
] as const;

export function TasksOf(props: { patient: string; say: Say }): JSX.Element {
  const app = useApp();
  const tasks = createQuery<Resource[]>(() => {
    const patient = encodeURIComponent(props.patient);
    return async (signal) => {
      const found = await Promise.all(
        KINDS.map(([kind, status]) => app.api.get<Bundle>(`/fhir/${kind}?patient=${patient}&status=${status}&_count=50`, { signal })),
      );
      return found.flatMap(({ entry }) => (entry ?? []).flatMap(({ resource }) => resource ?? []));
    };
  });
  const title = ({ description, code }: Resource): string | undefined => {
    const coding = code?.coding?.[0];
    return description ?? code?.text ?? coding?.display ?? coding?.code;
  };
  const kind = ({ resourceType }: Resource): string => props.say(`kind-${resourceType}` as Word);
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
                  {title(one) ?? kind(one)}{' '}
                  <span class="soft small">
                    <Show when={title(one)}>{kind(one)} · </Show>
                    {props.say(`status-${one.status}` as Word)}
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
