/** Those who are here around a table, as it is seen from above, and the lines that were drawn in the air over it: for whoever has no stage where no images stand. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { looksOf } from '../../core/pseudonym';
import type { RoomControl } from '../../core/room-control';
import { initialOf } from '../../core/words-of';
import { colourOf } from '../../stage/room-view';

export function TableFromAbove(props: { control: RoomControl }): JSX.Element {
  const app = useApp();
  const people = (): ReturnType<RoomControl['people']> => props.control.people();
  return (
    <>
      <ul class="table-above" aria-label={app.t('people.here')}>
        <For each={people()}>
          {(person, at) => (
            <li style={{ '--at': `${(at() / people().length) * 360 + 90}deg` }} data-away={person.away}>
              <span class="person-mark" style={{ 'box-shadow': `0 0 0 2px ${looksOf(person).colour}` }} aria-hidden="true">
                {initialOf(person.name)}
              </span>
              <span class="small">{person.name}</span>
            </li>
          )}
        </For>
      </ul>
      <div class="table-above lines" aria-hidden="true">
        <svg viewBox="-1.32 -1.32 2.64 2.64">
          <For each={props.control.lines()}>{({ by, line }) => <polyline points={line.points_m.map(([x, , z]) => `${x},${z}`).join(' ')} stroke={colourOf(props.control.view, by)} />}</For>
        </svg>
      </div>
    </>
  );
}
