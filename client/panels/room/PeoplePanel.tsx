/** Who is here, and what happened lately. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import { initialOf } from '../../core/words-of';

interface PeoplePanelProps {
  readonly control: RoomControl;
  readonly log: readonly string[];
}

export function PeoplePanel(props: PeoplePanelProps): JSX.Element {
  const app = useApp();
  return (
    <div class="stack">
      <ul class="people" aria-label={app.t('people.here')}>
        <For each={props.control.people()}>
          {(person) => (
            <li>
              <span class="person-mark" style={{ '--accent': person.colour ?? 'var(--brand)' }} aria-hidden="true">
                {initialOf(person.name)}
              </span>
              <span>
                {person.name}
                <Show when={person.id === props.control.view.selfId}>
                  <span class="soft small"> ({app.t('people.you')})</span>
                </Show>
              </span>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.control.people().length < 2}>
        <p class="soft small">{app.t('people.alone')}</p>
      </Show>
      <Show when={props.log.length > 0}>
        <ol class="people-log small soft">
          <For each={props.log}>{(line) => <li>{line}</li>}</For>
        </ol>
      </Show>
    </div>
  );
}
