/** A room: the stage, the tools, the slices, the people and the case. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { DeadEnd } from '../../panels/DeadEnd';
import { RoomEntry } from '../../panels/room/RoomEntry';
import '../../styles/room.css';
import '../../styles/room-table.css';
import { useApp } from '../app';
import type { RoomInfo } from '../hospital';
import { createQuery } from '../query';

export function RoomPage(props: { id: string }): JSX.Element {
  const app = useApp();
  const info = createQuery<RoomInfo>(() => {
    const path = `/api/rooms/${encodeURIComponent(props.id)}`;
    return (signal) => app.api.get(path, { signal });
  });
  const absent = (): boolean => ['refused', 'not-found', 'invalid'].includes(info.error()?.kind ?? '');
  return (
    <Show
      when={!absent()}
      fallback={
        <div class="panel narrow" role="alert">
          <DeadEnd isPage icon="alert" title={app.t('room.absent')} hint={app.explain(info.error())} />
        </div>
      }
    >
      <Answer of={info} lines={6}>
        {(answer) => <RoomEntry info={answer()} />}
      </Answer>
    </Show>
  );
}
