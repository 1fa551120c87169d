/** The ward twin's page: which ward, then the ward; figures for those who run the hospital. */
import { For, Match, Show, Switch } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createQuery } from '../../../../client/core/query';
import { Link, go } from '../../../../client/core/router';
import type { ScenarioPageProps } from '../../../../client/core/scenario-panel';
import { Answer } from '../../../../client/panels/Answer';
import { EmptyState } from '../../../../client/panels/EmptyState';
import { Icon } from '../../../../client/panels/Icon';
import { Notice } from '../../../../client/panels/Notice';
import { Figures } from './Figures';
import { Ward } from './Ward';
import './style.css';
import type { WardName } from './ward';
import { sayIn } from './words';

export default function Page(props: ScenarioPageProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const has = (...roles: string[]): boolean => roles.some((role) => app.me()?.roles.includes(role));
  return (
    <div class="page ward-page" data-accent="ward">
      <Link href={props.within === undefined ? '/' : '/scenarios/ward-twin'} class="row small back">
        <Icon name="back" size={16} />
        {app.t(props.within === undefined ? 'app.home' : 'app.back')}
      </Link>
      <Switch fallback={<Notice>{say('forCarers')}</Notice>}>
        <Match when={has('nurse', 'terminal-doctor', 'expert')}>
          <Show when={props.within} keyed fallback={<Choose />}>
            {(ward) => <Ward id={ward} />}
          </Show>
        </Match>
        <Match when={has('manager')}>
          <h1>{say('figures')}</h1>
          <Figures />
        </Match>
      </Switch>
    </div>
  );
}

function Choose(): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const wards = createQuery<WardName[]>(() => (signal) => app.api.get('/api/wards', { signal }));
  app.onServerEvent(({ kind }) => {
    if (kind === 'record' || kind === 'missed') wards.reload();
  });
  return (
    <>
      <h1>{say('choose')}</h1>
      <Answer of={wards}>
        {(all) => (
          <ul class="ward-names">
            <For each={all()} fallback={<EmptyState icon="ward" title={say('noWards')} hint={say('noWardsHint')} />}>
              {(ward) => (
                <li>
                  <button type="button" class="button" onClick={() => go(`/scenarios/ward-twin/${encodeURIComponent(ward.id)}`)}>
                    <Icon name="ward" />
                    {ward.name} · {say('beds')} {ward.beds}
                  </button>
                </li>
              )}
            </For>
          </ul>
        )}
      </Answer>
      <Show when={app.me()?.roles.some((role) => role !== 'nurse')}>
        <h2>{say('figures')}</h2>
        <Figures />
      </Show>
    </>
  );
}
