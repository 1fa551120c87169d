/** What is under way without an alarm: who was asked, who comes, who is there; exercises with their steps. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Sent } from './Sent';
import { TimeLeft } from './TimeLeft';
import type { CommandView, MissionView, PlansView } from './command';
import { clock } from './ward';
import { roleIn } from './words';
import type { Say } from './words';

interface MissionsProps {
  readonly view: CommandView;
  readonly busy?: boolean;
  readonly say: Say;
  /** None: of the past, only to look at. */
  readonly post?: ((path: string, body: unknown) => Promise<void>) | undefined;
}

export function Missions(props: MissionsProps): JSX.Element {
  return (
    <section data-missions>
      <h2>{props.say('missions')}</h2>
      <ul class="alarm-list">
        <For each={props.view.missions.map(({ id }) => id)} fallback={<li class="soft">{props.say('noMissions')}</li>}>
          {(id) => (
            <Show when={props.view.missions.find((one) => one.id === id)}>
              {(mission) => <Mission mission={mission()} view={props.view} busy={props.busy ?? false} say={props.say} post={props.post} />}
            </Show>
          )}
        </For>
      </ul>
    </section>
  );
}

function Mission(props: MissionsProps & { mission: MissionView }): JSX.Element {
  const app = useApp();
  const plans = createQuery<PlansView>(() => (signal) => app.api.get('/api/plans', { signal }));
  const plan = () => plans.data()?.plans.find(({ id }) => id === props.mission.run?.plan);
  const act = (body: unknown): void => {
    void props.post?.(`/api/missions/${encodeURIComponent(props.mission.id)}/act`, body);
  };
  const title = (): string => {
    const exercised = plan();
    return exercised ? inLanguage(exercised.title, app.language()) : props.say('errand');
  };
  return (
    <li id={`errand-${props.mission.id}`} class="alarm-card" data-mission={props.mission.run ? 'drill' : 'errand'} data-bed={props.mission.bed}>
      <div class="row">
        <strong>
          {props.mission.bed_name} · {title()}
        </strong>
        <Show when={props.mission.run}>
          <span class="chip warn">{props.say('drillOn')}</span>
        </Show>
        <Show when={props.mission.late}>
          <span class="chip bad" data-late>
            {props.say('lateMission')}
          </span>
        </Show>
        <span class="grow" />
        <span class="soft small">{clock(props.mission.at, app.language())}</span>
      </div>
      <Show when={props.post && props.mission.asked}>
        <div class="asked row">
          <strong>{props.say('askedYou', { bed: props.mission.bed_name })}</strong>
          <button type="button" class="button primary" disabled={props.busy} onClick={() => act({ act: 'answer', accepts: true })}>
            {props.say('come')}
          </button>
          <button type="button" class="button" disabled={props.busy} onClick={() => act({ act: 'answer', accepts: false })}>
            {props.say('cannot')}
          </button>
        </div>
      </Show>
      <Sent
        sent={props.mission.sent}
        busy={props.busy ?? false}
        say={props.say}
        roleOf={(role) => {
          const label = props.view.kinds[role];
          return label ? inLanguage(label, app.language()) : roleIn(props.say, role, props.view.role_names);
        }}
        nameOf={(id) => props.view.names[id] || id}
        isThing={(role) => role in props.view.kinds}
        me={app.me()?.id}
        onArrived={props.post && ((who) => act({ act: 'arrived', who }))}
      />
      <Show when={props.mission.run}>
        {(run) => (
          <ol>
            <For each={plan()?.steps ?? []}>
              {(step) => (
                <li class="row" data-step={step.id}>
                  <span>
                    {inLanguage(step.text, app.language())} <span class="soft small">{roleIn(props.say, step.who, props.view.role_names)}</span>
                  </span>
                  <span class="grow" />
                  <Show
                    when={run().done.find((one) => one.step === step.id)}
                    fallback={
                      <>
                        <Show when={props.post ? step.within_s : undefined}>
                          {(within_s) => <TimeLeft started={run().started_at} within_s={within_s()} say={props.say} />}
                        </Show>
                        <Show when={props.post} fallback="–">
                          <button type="button" class="button small" disabled={props.busy} onClick={() => act({ act: 'step', step: step.id })}>
                            {props.say('done')}
                          </button>
                        </Show>
                      </>
                    }
                  >
                    {(done) => (
                      <span class="small soft">
                        ✓ {props.say('doneBy', { who: props.view.names[done().by] || done().by, at: clock(done().at, app.language()) })}
                      </span>
                    )}
                  </Show>
                </li>
              )}
            </For>
          </ol>
        )}
      </Show>
      <Show when={props.post}>
        <button type="button" class="button" disabled={props.busy} onClick={() => act({ act: 'end' })}>
          {props.say('endMission')}
        </button>
      </Show>
    </li>
  );
}
