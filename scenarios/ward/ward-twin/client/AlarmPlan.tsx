/** The plan of an alarm: started, ticked off, whom it sent for, and what it needs. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { Sent } from './Sent';
import { TimeLeft } from './TimeLeft';
import { clock } from './ward';
import type { AlarmView } from './ward';
import { roleIn, sayIn } from './words';

interface PlanProps {
  readonly alarm: AlarmView;
  readonly busy: boolean;
  readonly isMine: boolean;
  nameOf(id: string): string;
  send(path: string, body: unknown): Promise<void>;
}

export function AlarmPlan(props: PlanProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const start = (plan: string, drill: boolean): void => {
    void props.send('act', { act: 'start-plan', plan, drill });
  };
  return (
    <Show when={props.alarm.plan}>
      {(plan) => (
        <Show
          when={props.alarm.run}
          fallback={
            <Show when={props.isMine}>
              <div class="row acts">
                <button type="button" class="button" disabled={props.busy} onClick={() => start(plan().id, false)}>
                  {say('startPlan', { plan: inLanguage(plan().title, app.language()) })}
                </button>
                <button type="button" class="button quiet" disabled={props.busy} onClick={() => start(plan().id, true)}>
                  {say('startDrill')}
                </button>
              </div>
            </Show>
          }
        >
          {(run) => (
            <section class="plan" aria-label={say('plan')}>
              <h3 class="row">
                {say('plan')}{colonIn(app.language())}{inLanguage(plan().title, app.language())}
                <Show when={plan().needs_confirmation}>
                  <span class="chip warn">{say('confirm')}</span>
                </Show>
                <Show when={run().drill}>
                  <span class="chip warn">{say('drillOn')}</span>
                </Show>
              </h3>
              <ol>
                <For each={plan().steps}>
                  {(step) => {
                    const done = () => run().done.find((one) => one.step === step.id);
                    return (
                      <li class="row" data-step={step.id}>
                        <span>
                          {inLanguage(step.text, app.language())}{' '}
                          <span class="soft small">
                            {roleIn(say, step.who)}
                            <Show when={step.within_s}>{(within_s) => <> · {say('within', { n: Math.round(within_s() / 60) })}</>}</Show>
                          </span>
                        </span>
                        <span class="grow" />
                        <Show
                          when={done()}
                          fallback={
                            <>
                              <Show when={step.within_s}>
                                {(within_s) => <TimeLeft started={run().started_at} within_s={within_s()} say={say} />}
                              </Show>
                              <Show when={props.alarm.overdue.includes(step.id)}>
                                <strong class="chip bad">{say('overdue')}</strong>
                              </Show>
                              <button
                                type="button"
                                class="button small"
                                disabled={props.busy}
                                onClick={() => void props.send(`steps/${encodeURIComponent(step.id)}`, {})}
                              >
                                {say('done')}
                              </button>
                            </>
                          }
                        >
                          {(one) => (
                            <span class="small soft">
                              ✓ {say('doneBy', { who: props.nameOf(one().by), at: clock(one().at, app.language()) })}
                            </span>
                          )}
                        </Show>
                      </li>
                    );
                  }}
                </For>
              </ol>
              <Show when={props.alarm.sent.length > 0}>
                <h4>{say('sent')}</h4>
                <Sent
                  sent={props.alarm.sent}
                  busy={props.busy}
                  say={say}
                  me={app.me()?.id}
                  roleOf={(role) => {
                    const thing = plan().equipment.find(({ id }) => id === role);
                    return thing ? inLanguage(thing.label, app.language()) : roleIn(say, role);
                  }}
                  nameOf={props.nameOf}
                  isThing={(role) => plan().equipment.some(({ id }) => id === role)}
                  onArrived={(who) => void props.send('arrived', { who })}
                />
              </Show>
              <Show when={props.alarm.equipment.length > 0}>
                <h4>{say('equipment')}</h4>
                <ul>
                  <For each={props.alarm.equipment}>
                    {(one) => (
                      <li>
                        {inLanguage(one.label, app.language())}{colonIn(app.language())}{one.device ?? say('notFound')}
                        <Show when={one.place}> · {one.place}</Show>
                      </li>
                    )}
                  </For>
                </ul>
              </Show>
            </section>
          )}
        </Show>
      )}
    </Show>
  );
}
