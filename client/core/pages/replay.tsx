/** Recordings of a room: which there are, and one of them from any side and at any time. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { RecordingCard, RecordingWhole, RoomRecordings } from '../../../contract/recordings';
import { Answer } from '../../panels/Answer';
import { DeadEnd } from '../../panels/DeadEnd';
import { EmptyState } from '../../panels/EmptyState';
import { Icon } from '../../panels/Icon';
import { Notice } from '../../panels/Notice';
import { ProofBadge } from '../../panels/ProofBadge';
import { EraseDialog } from '../../panels/replay/EraseDialog';
import { ReplayFrame } from '../../panels/replay/ReplayFrame';
import '../../styles/room.css';
import '../../styles/room-table.css';
import '../../styles/replay.css';
import { useApp } from '../app';
import { momentOf } from '../dates';
import { recordingPath, roomPath } from '../hospital';
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
  const found = ofRoom<RoomRecordings>(() => `/api/rooms/${encodeURIComponent(props.room)}/recordings`);
  const [erasing, setErasing] = createSignal<RecordingCard>();
  let heading!: HTMLHeadingElement;
  const at = (card: RecordingCard): string => momentOf(card.started, app.language());
  const erased = (): void => {
    setErasing(undefined);
    app.announce(app.t('erase.done'));
    found.reload();
    // The button that was pressed is gone.
    heading.focus();
  };
  return (
    <div class="panel recordings stack">
      <h1 ref={heading} tabIndex={-1}>
        {app.t('recording.all')}
      </h1>
      <Answer of={found} lines={4}>
        {(answer) => (
          <>
            <Show when={!answer().may_replay}>
              <Notice>{app.t('erase.unseen')}</Notice>
            </Show>
            <Show when={answer().recordings.length > 0} fallback={<EmptyState icon="record" title={app.t('replay.none')} hint={app.t('replay.noneHint')} />}>
              <ul class="recordings-list stack">
                <For each={answer().recordings}>
                  {(card) => <Recorded room={props.room} card={card} may={answer()} at={at(card)} onErase={() => setErasing(card)} />}
                </For>
              </ul>
              <Show when={!answer().may_erase}>
                <p class="soft small">{app.t('erase.who')}</p>
              </Show>
            </Show>
          </>
        )}
      </Answer>
      <Show when={found.data()?.may_replay !== false} fallback={<Link href="/" class="button quiet">{app.t('app.goHome')}</Link>}>
        <Link href={roomPath(props.room)} class="button quiet">
          {app.t('room.leave')}
        </Link>
      </Show>
      <Show when={erasing()} keyed>
        {(card) => <EraseDialog room={props.room} recording={card.recording} at={at(card)} onErased={erased} onClose={() => setErasing(undefined)} />}
      </Show>
    </div>
  );
}

interface RecordedProps {
  readonly room: string;
  readonly card: RecordingCard;
  readonly may: Pick<RoomRecordings, 'may_replay' | 'may_erase'>;
  readonly at: string;
  onErase(): void;
}

/** One recording: its replay, what is known of it, and the entries of the ledger that prove it. */
function Recorded(props: RecordedProps): JSX.Element {
  const app = useApp();
  const why = (): string => (props.card.why === null ? app.t('replay.going') : app.t(`replay.why.${props.card.why}` as Key));
  const isErased = (): boolean => props.card.state === 'erased';
  // An entry names its patient: who may not see the patient is told its number.
  const entry = (key: 'replay.sealed' | 'erase.entry', sequence: number): JSX.Element => (
    <span class="row small">
      {app.t(key, { entry: sequence })}
      <Show when={props.may.may_replay}>
        <ProofBadge sequence={sequence} />
      </Show>
    </span>
  );
  return (
    <li class="stack tight" data-recorded={props.card.recording} data-state={props.card.state}>
      <Show when={props.may.may_replay && !isErased()} fallback={<strong>{app.t('replay.from', { at: props.at })}</strong>}>
        <Link href={recordingPath(props.room, props.card.recording)} class="button">
          {app.t('replay.open', { at: props.at })}
        </Link>
      </Show>
      <span class="soft small">{app.t('replay.length', { length: clockWords(props.card.duration_ms), why: why() })}</span>
      <Show when={props.card.entry}>{(sequence) => entry('replay.sealed', sequence())}</Show>
      <Show when={isErased()}>
        <Notice>{app.t('replay.erased')}</Notice>
      </Show>
      <Show when={props.card.erased}>{(sequence) => entry('erase.entry', sequence())}</Show>
      <Show when={props.may.may_erase && props.card.state === 'sealed'}>
        <button type="button" class="button small" onClick={() => props.onErase()}>
          <Icon name="eraser" size={16} />
          {app.t('erase.open')}
          <span class="for-listeners">{props.at}</span>
        </button>
      </Show>
    </li>
  );
}

export function ReplayPage(props: { room: string; recording: string }): JSX.Element {
  const app = useApp();
  const room = (): string => `/api/rooms/${encodeURIComponent(props.room)}`;
  const whole = ofRoom<RecordingWhole>(() => `${room()}/recordings/${encodeURIComponent(props.recording)}`);
  // An act that a link leads to; it is looked at once.
  const act = new URLSearchParams(location.search).get('act');
  const wanted = act === null ? undefined : Number(act);
  const absent = (): boolean => ['refused', 'not-found', 'invalid'].includes(whole.error()?.kind ?? '');
  return (
    <Show
      when={!absent()}
      fallback={
        <div class="panel narrow" role="alert">
          <DeadEnd isPage icon="alert" title={app.t('replay.absent')} hint={app.explain(whole.error())} />
        </div>
      }
    >
      <Answer of={whole} lines={6}>
        {(answer) => (
          <Show
            when={answer().card.state !== 'erased'}
            fallback={
              <div class="panel recordings stack">
                <h1>{app.t('replay.title')}</h1>
                <Notice>{app.t('replay.erased')}</Notice>
              </div>
            }
          >
            <ReplayFrame room={props.room} whole={answer()} first={wanted} />
          </Show>
        )}
      </Answer>
    </Show>
  );
}
