/** The way into a scenario: whom it is about, and what is already open. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { EmptyState } from '../../panels/EmptyState';
import { Icon, RoomIcon } from '../../panels/Icon';
import { Notice } from '../../panels/Notice';
import { PatientTable } from '../../panels/PatientTable';
import { WaitingList } from '../../panels/WaitingList';
import { useApp } from '../app';
import type { Home, ScenarioCard } from '../hospital';
import { inLanguage } from '../language';
import { createQuery } from '../query';
import { Link } from '../router';

export function ScenarioPage(props: { id: string }): JSX.Element {
  const app = useApp();
  const home = createQuery<Home>(() => (signal) => app.api.get('/api/home', { signal }));
  app.onServerEvent(() => home.reload());
  return (
    <Answer of={home}>
      {(answer) => (
        <Show
          when={answer().scenarios.find(({ id }) => id === props.id)}
          fallback={
            <EmptyState icon="help" title={app.t('scenario.unknown')} hint={app.t('app.unknownPageHint')}>
              <Link href="/" class="button">
                {app.t('app.goHome')}
              </Link>
            </EmptyState>
          }
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
