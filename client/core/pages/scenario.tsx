/** The way into a scenario: whom it is about, and what is already open. */
import { Show, createMemo, lazy } from 'solid-js';
import type { Component, JSX } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { Answer } from '../../panels/Answer';
import { DeadEnd } from '../../panels/DeadEnd';
import { Icon, RoomIcon } from '../../panels/Icon';
import { Notice } from '../../panels/Notice';
import { PatientTable } from '../../panels/PatientTable';
import { WaitingList } from '../../panels/WaitingList';
import { useApp } from '../app';
import type { Home, ScenarioCard } from '../hospital';
import { inLanguage } from '../language';
import { createQuery } from '../query';
import { Link } from '../router';
import type { ScenarioPageModule, ScenarioPageProps } from '../scenario-panel';

const PAGES = import.meta.glob<ScenarioPageModule>('../../../scenarios/*/*/client/page.tsx');

/** The page that a scenario brings itself; the id is its folder's name. */
function ownPage(id: string): Component<ScenarioPageProps> | undefined {
  const path = Object.keys(PAGES).find((one) => one.split('/').at(-3) === id);
  const load = path === undefined ? undefined : PAGES[path];
  return load && lazy(load);
}

/** A scenario's own page, else the way in that all have. */
export function ScenarioPage(props: { id: string; within: string | undefined }): JSX.Element {
  const page = createMemo(() => ownPage(props.id));
  return (
    <Show when={page()} fallback={<ScenarioDoor id={props.id} />}>
      {(Page) => <Dynamic component={Page()} within={props.within} />}
    </Show>
  );
}

function ScenarioDoor(props: { id: string }): JSX.Element {
  const app = useApp();
  const home = createQuery<Home>(() => (signal) => app.api.get('/api/home', { signal }));
  app.onServerEvent(() => home.reload());
  return (
    <Answer of={home}>
      {(answer) => (
        <Show
          when={answer().scenarios.find(({ id }) => id === props.id)}
          fallback={<DeadEnd isPage icon="help" title={app.t('scenario.unknown')} hint={app.t('app.unknownPageHint')} />}
        >
          {(scenario) => <ScenarioStart scenario={scenario()} home={answer()} />}
        </Show>
      )}
    </Answer>
  );
}

function ScenarioStart(props: { scenario: ScenarioCard; home: Home }): JSX.Element {
  const app = useApp();
  return (
    <div class="page" data-accent={props.scenario.room}>
      <Link href="/" class="row small back">
        <Icon name="back" size={16} />
        {app.t('app.home')}
      </Link>
      <div class="row">
        <span class="room-sign">
          <RoomIcon room={props.scenario.room} />
        </span>
        <div>
          <p class="soft small">{app.t(`room.${props.scenario.room}`)}</p>
          <h1>{inLanguage(props.scenario.title, app.language())}</h1>
        </div>
      </div>
      <Show
        when={props.scenario.state === 'open'}
        fallback={<Notice kind="warn">{app.t('scenario.planned')}</Notice>}
      >
        <div class="home-top">
          <section class="panel" aria-labelledby="scenario-open">
            <header>
              <h2 id="scenario-open">{app.t('scenario.openNow')}</h2>
            </header>
            <div class="panel-body">
              <WaitingList items={props.home.waiting} />
            </div>
          </section>
          <section class="panel" aria-labelledby="scenario-start">
            <header>
              <h2 id="scenario-start">{app.t('scenario.start')}</h2>
            </header>
            <div class="panel-body">
              <p class="small soft scenario-hint">{app.t('scenario.startHint')}</p>
              <PatientTable patients={props.home.patients} then="?ask" />
            </div>
          </section>
        </div>
      </Show>
    </div>
  );
}
