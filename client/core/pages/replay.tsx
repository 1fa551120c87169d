/** Recordings of a room: which there are, and one of them from any side and at any time. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { RecordingCard, RecordingWhole } from '../../../contract/recordings';
import { Answer } from '../../panels/Answer';
import { EmptyState } from '../../panels/EmptyState';
import { Notice } from '../../panels/Notice';
import { ReplayFrame } from '../../panels/replay/ReplayFrame';
import '../../styles/room.css';
import '../../styles/replay.css';
import { useApp } from '../app';
import { momentOf } from '../dates';
import { recordingPath, roomPath } from '../hospital';
import type { RoomInfo } from '../hospital';
import { createQuery } from '../query';
import type { Query } from '../query';
import { clockWords } from '../replay-control';
import { Link } from '../router';
import type { Key } from '../../words/words';

/** `GET` of something of a room. */
function ofRoom<T>(path: () => string): Query<T> {
  const app = useApp();
  return createQuery<T>(() => {
    const wanted = path();
    return (signal) => app.api.get(wanted, { signal });
  });
}

export function RecordingsPage(props: { room: string }): JSX.Element {
  const app = useApp();
  const cards = ofRoom<RecordingCard[]>(() => `/api/rooms/${encodeURIComponent(props.room)}/recordings`);
  const why = (card: RecordingCard): string =>
    card.why === null ? app.t('replay.going') : app.t(`replay.why.${card.why}` as Key);
  return (
    <div class="panel narrow stack">
      <h1>{app.t('recording.all')}</h1>
      <Answer of={cards} lines={4}>
        {(answer) => (
          <Show when={answer().length > 0} fallback={<EmptyState icon="record" title={app.t('replay.none')} hint={app.t('replay.noneHint')} />}>
            <ul class="stack tight">
              <For each={answer()}>
                {(card) => (
                  <li class="stack tight">
                    <Link href={recordingPath(props.room, card.recording)} class="button">
                      {app.t('replay.open', { at: momentOf(card.started, app.language()) })}
                    </Link>
                    <span class="soft small">
                      {app.t('replay.length', { length: clockWords(card.duration_ms), why: why(card) })}
                    </span>
                    <Show when={card.state === 'erased'}>
                      <Notice>{app.t('replay.erased')}</Notice>
                    </Show>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        )}
      </Answer>
      <Link href={roomPath(props.room)} class="button quiet">
        {app.t('room.leave')}
      </Link>
    </div>
  );
}

export function ReplayPage(props: { room: string; recording: string }): JSX.Element {
  const app = useApp();
  const room = (): string => `/api/rooms/${encodeURIComponent(props.room)}`;
  const whole = ofRoom<RecordingWhole>(() => `${room()}/recordings/${encodeURIComponent(props.recording)}`);
  // Who may not enter the room any more sees its recordings all the same, in the first place.
  const info = ofRoom<RoomInfo>(room);
  const absent = (): boolean => ['refused', 'not-found', 'invalid'].includes(whole.error()?.kind ?? '');
  return (
    <Show
      when={!absent()}
      fallback={
        <div class="panel narrow" role="alert">
          <h1 class="for-listeners">{app.t('replay.absent')}</h1>
          <EmptyState icon="alert" title={app.t('replay.absent')} hint={app.explain(whole.error())}>
            <Link href="/" class="button">
              {app.t('app.goHome')}
            </Link>
          </EmptyState>
        </div>
      }
    >
      <Answer of={whole} lines={6}>
        {(answer) => (
          <Show
            when={answer().card.state !== 'erased'}
            fallback={
              <div class="panel narrow stack">
                <h1>{app.t('replay.title')}</h1>
                <Notice>{app.t('replay.erased')}</Notice>
              </div>
            }
          >
            <ReplayFrame room={props.room} whole={answer()} scenario={info.data()?.scenario} />
          </Show>
        )}
      </Answer>
    </Show>
  );
}
