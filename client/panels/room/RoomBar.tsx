/** Above the room: the way out, what it is about, whether the line holds, who is here, the headset. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { patientPath } from '../../core/hospital';
import { listIn } from '../../core/language';
import { looksOf } from '../../core/pseudonym';
import { Link } from '../../core/router';
import { initialOf } from '../../core/words-of';
import type { PosesBy } from '../../room/pose-way';
import type { Status } from '../../room/room-client';
import type { Space } from '../../stage/space';
import { Heading } from '../Heading';
import { Icon } from '../Icon';
import { LanguageSwitch } from '../LanguageSwitch';
import { HeadsetButtons } from './HeadsetButtons';
import type { InsideRoom } from './inside-control';

interface RoomBarProps extends InsideRoom {
  readonly status: Status;
  readonly posesBy: PosesBy;
  readonly stage: Space | undefined;
  /** Below the bar: what everybody must see wherever they look. */
  readonly children?: JSX.Element;
}

const LINES = { connecting: 'connecting', 'at-door': 'connecting', open: 'live', reconnecting: 'lost', closed: 'lost' } as const;
const SHOWN_PEOPLE = 4;

export function RoomBar(props: RoomBarProps): JSX.Element {
  const app = useApp();
  /** Whoever may not see the page of the patient leaves for their own. */
  const back = (): string => (props.info.patient === null || props.order.own()?.role === 'related-person' ? '/' : patientPath(props.info.patient));
  const line = (): (typeof LINES)[Status] => LINES[props.status];
  /** Whoever has no mark of their own here is named all the same. */
  const others = (): string => listIn(props.control.people().slice(SHOWN_PEOPLE).map(({ name }) => name), app.language());
  return (
    <div class="room-top">
      <header class="room-bar">
        <Link href={back()} class="button quiet small">
          <Icon name="back" />
          <span class="wide-only">{app.t('room.leave')}</span>
          <span class="for-listeners narrow-only">{app.t('room.leave')}</span>
        </Link>
        <Heading>{props.title}</Heading>
        <span class={`line-state ${line()}`} role="status">
          <span class="line-dot" aria-hidden="true" />
          <span class="line-words for-listeners">{app.t(`room.line.${line()}`)}</span>
        </span>
        <Show when={props.status === 'open'}>
          <span class="poses-by soft small wide-only">{app.t(`room.poses.${props.posesBy}`)}</span>
        </Show>
        <div class="room-bar-end">
          <ul class="faces" aria-label={app.t('people.here')}>
            <For each={props.control.people().slice(0, SHOWN_PEOPLE)}>
              {(person) => (
                <li
                  class="person-mark"
                  style={{ 'box-shadow': `0 0 0 2px ${looksOf(person).colour}` }}
                  title={person.name}
                  data-away={person.away}
                >
                  <span aria-hidden="true">{initialOf(person.name)}</span>
                  <span class="for-listeners">{person.name}</span>
                </li>
              )}
            </For>
            <Show when={others()}>
              {(names) => (
                <li class="person-mark more" title={names()}>
                  <span aria-hidden="true">+{props.control.people().length - SHOWN_PEOPLE}</span>
                  <span class="for-listeners">{names()}</span>
                </li>
              )}
            </Show>
          </ul>
          <Show when={props.stage}>{(stage) => <HeadsetButtons {...props} stage={stage()} />}</Show>
          <LanguageSwitch />
        </div>
      </header>
      {props.children}
    </div>
  );
}
