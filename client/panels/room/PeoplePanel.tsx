/** Who is here, and what happened lately. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomControl } from '../../core/room-control';
import { initialOf } from '../../core/words-of';
import { roleWords } from '../person';

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
              <span class="person-mark" style={{ 'box-shadow': `0 0 0 3px ${person.colour}` }} aria-hidden="true">
                {initialOf(person.name)}
              </span>
              <span>
                {person.name}
                <span class="soft small"> {roleWords(app, person.role)}</span>
                <Show when={person.away}>
                  <span class="chip warn">{app.t('people.away')}</span>
                </Show>
                <Show when={person.id === props.control.self()}>
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
