/** The way into a room: the rules once, the door while one waits, the room, and why one is out of it. */
import { For, Match, Show, Switch, createSignal, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import type { MediaAnswer, MediaDoor, TransportDoor } from '../../../contract/media';
import { useApp } from '../../core/app';
import { takeCall } from '../../core/calls';
import type { Conduct, RoomInfo } from '../../core/hospital';
import { inLanguage } from '../../core/language';
import type { KnownAs } from '../../core/pseudonym';
import { createQuery } from '../../core/query';
import { watchDoor } from '../../core/room-door';
import { Link } from '../../core/router';
import { byChannel } from '../../media/pose-channel';
import { PoseLine } from '../../media/pose-line';
import { byTransport } from '../../media/pose-transport';
import { RoomClient } from '../../room/room-client';
import type { RoomState } from '../../room/room-client';
import { Answer } from '../Answer';
import { EmptyState } from '../EmptyState';
import { Heading } from '../Heading';
import { LanguageSwitch } from '../LanguageSwitch';
import { Notice } from '../Notice';
import { Skeleton } from '../Skeleton';
import { AtTheDoor } from './AtTheDoor';
import { PseudonymChoice } from './PseudonymChoice';
import { RoomFrame } from './RoomFrame';

export function RoomEntry(props: { info: RoomInfo }): JSX.Element {
  const app = useApp();
  // Who turned back at the door and comes in another time by another way did not ask for it then.
  onCleanup(() => takeCall(props.info.id));
  const rules = createQuery<Conduct>(() => (signal) => app.api.get('/api/conduct', { signal }));
  return (
    <Answer of={rules} lines={6}>
      {(answer) => (
        <Show when={answer().agreed} fallback={<Rules conduct={answer()} onAgreed={() => rules.reload()} />}>
          <Known info={props.info} />
        </Show>
      )}
    </Answer>
  );
}

/** A room that is about nobody asks patients first whether they want to be known by their name. */
function Known(props: { info: RoomInfo }): JSX.Element {
  const app = useApp();
  if (props.info.patient !== null) return <Rounds info={props.info} code={null} />;
  const path = `/api/rooms/${encodeURIComponent(props.info.id)}`;
  const known = createQuery<KnownAs>(() => (signal) => app.api.get(`${path}/pseudonym`, { signal }));
  const [chosen, setChosen] = createSignal<{ readonly code: string | null }>();
  return (
    <Answer of={known} lines={6}>
      {(answer) => (
        <Show
          when={chosen() ?? (answer().may_choose ? undefined : answer())}
          fallback={
            <DoorPage title={app.t('pseudonym.title')}>
              <PseudonymChoice path={path} onChosen={(code) => setChosen({ code })} />
            </DoorPage>
          }
        >
          {(as) => <Rounds info={props.info} code={as().code} />}
        </Show>
      )}
    </Answer>
  );
}

function Rules(props: { conduct: Conduct; onAgreed(): void }): JSX.Element {
  const app = useApp();
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal('');
  const agree = async (): Promise<void> => {
    setBusy(true);
    setRefusal('');
    try {
      await app.api.post('/api/conduct', { version: props.conduct.version });
      props.onAgreed();
    } catch (error) {
      setRefusal(app.explain(error));
    }
    setBusy(false);
  };
  return (
    <DoorPage title={app.t('conduct.title')}>
      <p>{app.t('conduct.lead')}</p>
      <ol class="stack tight door-rules">
        <For each={props.conduct.rules}>{(rule) => <li>{inLanguage(rule, app.language())}</li>}</For>
      </ol>
      <p class="soft small">{app.t('conduct.version', { version: props.conduct.version })}</p>
      <Show when={refusal()}>{(text) => <Notice kind="bad">{text()}</Notice>}</Show>
      <button type="button" class="button primary" aria-busy={busy()} onClick={() => void agree()}>
        {app.t('conduct.agree')}
      </button>
    </DoorPage>
  );
}

/** Each round is a connection of its own: who was put out may knock again. */
function Rounds(props: { info: RoomInfo; code: string | null }): JSX.Element {
  const [round, setRound] = createSignal(1);
  return (
    <Show when={round()} keyed>
      <Round info={props.info} code={props.code} onAgain={() => setRound((now) => now + 1)} />
    </Show>
  );
}

function Round(props: { info: RoomInfo; code: string | null; onAgain(): void }): JSX.Element {
  const app = useApp();
  const path = `/api/rooms/${encodeURIComponent(props.info.id)}`;
  const channel = byChannel({
    door: () => app.api.get<MediaDoor>(`${path}/media`),
    offer: (offer) => app.api.post<MediaAnswer>(`${path}/poses`, offer),
  });
  const transport = byTransport((seat) => app.api.post<TransportDoor>(`${path}/poses/transport`, seat));
  const poses = new PoseLine([transport, channel]);
  const client = new RoomClient(props.info.id, { poses });
  const [state, setState] = createSignal<RoomState>(client.state);
  onCleanup(client.on('change', setState));
  onCleanup(() => {
    // Until there is a line again nobody else sees that they have left.
    if (client.state.status === 'reconnecting') app.toast(() => app.t('room.leftCutOff'));
    client.close();
  });
  watchDoor(client, app.api);
  client.connect();
  const threshold = (): RoomState['threshold'] => state().threshold;
  const farewell = (): RoomState['farewell'] => state().farewell;
  // A room whose line is broken stays as it was, unless its door is shut meanwhile.
  const isInside = (): boolean => state().self !== undefined && !threshold() && !farewell();
  return (
    <Switch
      fallback={
        <DoorPage title={inLanguage(props.info.title, app.language())}>
          <p role="status">{app.t('room.line.connecting')}</p>
          <Skeleton lines={4} />
        </DoorPage>
      }
    >
      <Match when={farewell()}>
        {(why) => (
          <DoorPage title={app.t('door.over')}>
            <div role="alert" class="stack" data-farewell={why().reason}>
              <EmptyState icon="leave" title={inLanguage(why().text, app.language())} />
              <Show when={why().why}>{(reason) => <p>{app.t('door.reason', { reason: reason() })}</p>}</Show>
            </div>
            <Show when={why().reason === 'licence-ended'}>
              <Link href="/licence" class="button primary">
                {app.t('licence.toPage')}
              </Link>
            </Show>
            <button type="button" class="button" onClick={() => props.onAgain()}>
              {app.t('door.again')}
            </button>
          </DoorPage>
        )}
      </Match>
      <Match when={threshold()}>
        {(door) => (
          <DoorPage title={inLanguage(props.info.title, app.language())}>
            <Show when={props.code}>{(code) => <p data-known-as>{app.t('pseudonym.known', { code: code() })}</p>}</Show>
            <AtTheDoor threshold={door()} client={client} />
          </DoorPage>
        )}
      </Match>
      <Match when={isInside()}>
        <RoomFrame info={props.info} client={client} />
      </Match>
    </Switch>
  );
}

function DoorPage(props: { title: string; children: JSX.Element }): JSX.Element {
  const app = useApp();
  return (
    <div class="panel narrow door">
      <header class="row">
        <Heading>{props.title}</Heading>
        <LanguageSwitch />
      </header>
      <div class="stack panel-body">{props.children}</div>
      <footer class="panel-body">
        <Link href="/" class="button">
          {app.t('app.goHome')}
        </Link>
      </footer>
    </div>
  );
}
