/** The ward twin's page: which ward, then the ward; figures for those who run the hospital. */
import { For, Match, Show, Switch, createEffect, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { nameIn } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Link, askedPart, go } from '../../../../client/core/router';
import type { ScenarioPageProps } from '../../../../client/core/scenario-panel';
import { Answer } from '../../../../client/panels/Answer';
import { EmptyState } from '../../../../client/panels/EmptyState';
import { Icon } from '../../../../client/panels/Icon';
import { Notice } from '../../../../client/panels/Notice';
import { Segmented } from '../../../../client/panels/Segmented';
import { Command } from './Command';
import { ElsewhereNow } from './Elsewhere';
import { Figures } from './Figures';
import { Floor } from './Floor';
import { Plans } from './Plans';
import { Ward } from './Ward';
import { Weeks } from './Weeks';
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
            {(ward) => <Parts ward={ward} />}
          </Show>
        </Match>
        <Match when={has('manager')}>
          <section id="figures">
            <h1>{say('figures')}</h1>
            <Figures />
          </section>
          <section id="weeks">
            <Weeks />
          </section>
          <section id="floor">
            <h1>{say('floor')}</h1>
            <Floor />
          </section>
          <section id="plans">
            <Plans />
          </section>
        </Match>
      </Switch>
    </div>
  );
}

const PARTS = ['ward', 'command', 'plans'] as const;
type Part = (typeof PARTS)[number];
const PART_WORDS = { ward: 'partWard', command: 'partCommand', plans: 'partPlans' } as const;

/** The ward itself, the plan from which one sends, and the plans; `?part=` names one. */
function Parts(props: { ward: string }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const asked = (): Part => {
    const named = new URLSearchParams(location.search).get('part');
    return PARTS.find((one) => one === named) ?? 'ward';
  };
  const [part, setPart] = createSignal<Part>(asked());
  // A call that is opened while this ward is here leads to its own part.
  createEffect(on(askedPart, () => void setPart(asked()), { defer: true }));
  return (
    <>
      <Segmented
        label={say('part')}
        chosen={part()}
        onChoose={setPart}
        options={PARTS.map((value) => ({ value, label: say(PART_WORDS[value]) }))}
      />
      <Show when={part() !== 'ward'}>
        <ElsewhereNow ward={props.ward} say={say} />
      </Show>
      <Switch>
        <Match when={part() === 'ward'}>
          <Ward id={props.ward} />
        </Match>
        <Match when={part() === 'command'}>
          <Command ward={props.ward} />
        </Match>
        <Match when={part() === 'plans'}>
          <Plans />
        </Match>
      </Switch>
    </>
  );
}

function Choose(): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  // Which part of a ward one comes for is part of the address.
  const open = (ward: string): void => go(`/scenarios/ward-twin/${encodeURIComponent(ward)}${location.search}`);
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
                  <button type="button" class="button" onClick={() => open(ward.id)}>
                    <Icon name="ward" />
                    {nameIn(ward.name, app.language())} · {say('beds')} {ward.beds}
                  </button>
                </li>
              )}
            </For>
          </ul>
        )}
      </Answer>
      <Show when={app.me()?.roles.some((role) => role !== 'nurse')}>
        <section id="figures">
          <h2>{say('figures')}</h2>
          <Figures />
        </section>
        <section id="weeks">
          <Weeks />
        </section>
      </Show>
    </>
  );
}
