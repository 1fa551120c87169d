/** Home: what waits, whom one may see, and the six rooms. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { PatientTable } from '../../panels/PatientTable';
import { RoomIcon } from '../../panels/Icon';
import { WaitingList } from '../../panels/WaitingList';
import { useApp } from '../app';
import { onlyAccompanies } from '../figures';
import { seesFigures } from '../functions';
import { ROOM_KINDS, openIn, roomPath } from '../hospital';
import type { GatheringCard, Home, RoomKind, ScenarioCard } from '../hospital';
import { opensPseudonyms } from '../pseudonym';
import { inLanguage } from '../language';
import type { Quality } from '../quality';
import { createQuery } from '../query';
import { Link } from '../router';
import { reviewsSanctions } from '../sanctions';

/** Rooms without a scenario about a patient yet: consultations meet there too. */
const MEETS: ReadonlySet<RoomKind> = new Set(['operating', 'research', 'teaching', 'management']);
const NOON = 12;
const EVENING = 18;

export function HomePage(): JSX.Element {
  const app = useApp();
  const home = createQuery<Home>(() => (signal) => app.api.get('/api/home', { signal }));
  const known = new Set<string>();
  let first = true;

  // Who has no figures has no such page; everyone else sees here what is open.
  const quality = seesFigures(app.me()?.roles) ? createQuery<Quality>(() => (signal) => app.api.get('/api/quality', { signal })) : undefined;
  const open = (): number => quality?.data()?.deviations.filter(({ state }) => state === 'open').length ?? 0;
  app.onServerEvent(({ kind }) => {
    if (kind === 'quality' || kind === 'missed') quality?.reload();
    if (kind !== 'quality') home.reload();
  });
  const waiting = createMemo(() => home.data()?.waiting ?? []);
  // What has come since the page was opened is said aloud once.
  createMemo(() => {
    if (!home.data()) return;
    for (const one of waiting()) {
      const fresh = !known.has(one.id);
      known.add(one.id);
      if (fresh && !first && one.kind === 'consult-request') {
        app.announce(app.t('home.arrived', { name: one.from.name }));
      }
    }
    first = false;
  });

  const greeting = (): string => {
    const hour = new Date().getHours();
    const name = app.me()?.name ?? '';
    if (hour < NOON) return app.t('home.morning', { name });
    return app.t(hour < EVENING ? 'home.afternoon' : 'home.evening', { name });
  };

  /** Who only comes with a patient sees no patients, and no room that has a page of its own. */
  const beside = (): boolean => onlyAccompanies(app.me()?.roles);

  return (
    <div class="page">
      <h1>{greeting()}</h1>
      <Show when={open() > 0}>
        <p>
          <Link class="chip warn" href="/quality">
            {app.t('quality.some', { n: open() })}
          </Link>
        </p>
      </Show>
      <div class="home-top">
        <section class="panel" aria-labelledby="home-waiting">
          <header>
            <h2 id="home-waiting">{app.t('home.waiting')}</h2>
            <Show when={waiting().length > 0}>
              <span class="chip accent number">{waiting().length}</span>
            </Show>
          </header>
          <div class="panel-body">
            <Answer of={home} lines={3}>
              {(answer) => <WaitingList items={answer().waiting} />}
            </Answer>
          </div>
        </section>
        <Show when={!beside()} fallback={<Beside />}>
          <section class="panel" aria-labelledby="home-patients">
            <header>
              <h2 id="home-patients">{app.t('home.patients')}</h2>
            </header>
            <div class="panel-body">
              <Answer of={home} lines={6}>
                {(answer) => <PatientTable patients={answer().patients} />}
              </Answer>
            </div>
          </section>
        </Show>
      </div>
      <Show when={!beside()}>
        <section aria-labelledby="home-rooms" class="stack">
          <h2 id="home-rooms">{app.t('home.rooms')}</h2>
          <Answer of={home} lines={6}>
            {(answer) => (
              <div class="rooms">
                <For each={ROOM_KINDS}>
                  {(room) => <RoomCard room={room} scenarios={answer().scenarios.filter((one) => one.room === room)} gatherings={answer().gatherings.filter((one) => one.room === room)} />}
                </For>
              </div>
            )}
          </Answer>
        </section>
      </Show>
    </div>
  );
}

/** How a relative or carer comes into a room. */
function Beside(): JSX.Element {
  const { t } = useApp();
  return (
    <section class="panel" aria-labelledby="home-beside">
      <header>
        <h2 id="home-beside">{t('home.beside')}</h2>
      </header>
      <div class="panel-body stack tight">
        <p>{t('home.besideVisit')}</p>
        <p>{t('home.besideRoom')}</p>
        <p>{t('home.besideInside')}</p>
      </div>
    </section>
  );
}

function RoomCard(props: { room: RoomKind; scenarios: readonly ScenarioCard[]; gatherings: readonly GatheringCard[] }): JSX.Element {
  const app = useApp();
  /** Pages of the room besides where people meet and its scenarios. */
  const pages = (): readonly (readonly [path: string, title: 'opening.title' | 'sanctions.title'])[] => [
    ...(props.room === 'teaching' && opensPseudonyms(app.me()) ? [['/pseudonyms', 'opening.title'] as const] : []),
    ...(props.room === 'management' && reviewsSanctions(app.me()) ? [['/sanctions', 'sanctions.title'] as const] : []),
  ];
  const title = (scenario: ScenarioCard): string => inLanguage(scenario.title, app.language());
  return (
    <article class="panel room-card" data-accent={props.room} aria-labelledby={`room-${props.room}`}>
      <header>
        <span class="room-sign">
          <RoomIcon room={props.room} />
        </span>
        <div>
          <h3 id={`room-${props.room}`}>{app.t(`room.${props.room}`)}</h3>
          <p class="soft small">{app.t(`room.${props.room}.what`)}</p>
        </div>
      </header>
      <ul class="scenario-list">
        <For each={props.gatherings}>
          {(gathering) => (
            <li>
              <Link class="scenario" href={roomPath(gathering.id)}>
                <span>{inLanguage(gathering.title, app.language())}</span>
                <span class="chip accent">{app.t('home.open')}</span>
              </Link>
            </li>
          )}
        </For>
        <For each={pages()}>
          {([path, name]) => (
            <li>
              <Link class="scenario" href={path}>
                <span>{app.t(name)}</span>
                <span class="chip accent">{app.t('home.open')}</span>
              </Link>
            </li>
          )}
        </For>
        <For each={props.scenarios}>
          {(scenario) => (
            <li>
              <Show
                when={scenario.state === 'open'}
                fallback={
                  <span class="scenario planned">
                    <span>{title(scenario)}</span>
                    <span class="scenario-state">{app.t('home.planned')}</span>
                  </span>
                }
              >
                <Link class="scenario" href={`/scenarios/${scenario.id}`}>
                  <span>{title(scenario)}</span>
                  <span class="chip accent">{app.t('home.open')}</span>
                </Link>
              </Show>
            </li>
          )}
        </For>
      </ul>
      <Show when={MEETS.has(props.room) && app.me()?.roles.includes('terminal-doctor')}>
        <p class="soft small room-meet">{app.t('home.meet')}</p>
      </Show>
      <p class="soft small room-count">
        {app.t('home.openCount', openIn(props.scenarios, props.gatherings.length + pages().length))}
      </p>
    </article>
  );
}
