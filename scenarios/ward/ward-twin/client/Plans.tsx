/** Plan management: what plans there are, in which version, and how they were run and exercised. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { clausesIn, inLanguage, nameIn } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Answer } from '../../../../client/panels/Answer';
import { DataTable } from '../../../../client/panels/DataTable';
import type { Plan, Rule } from '../../../../contract/alarms';
import { OriginOf, RulesInForce } from './RulesInForce';
import type { PlansView } from './command';
import { roleIn, sayIn } from './words';

export function Plans(): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const plans = createQuery<PlansView>(() => (signal) => app.api.get('/api/plans', { signal }));
  app.onServerEvent(({ kind }) => {
    if (kind === 'alarm' || kind === 'missed') plans.reload();
  });
  const titleOf = (view: PlansView, id: string): string => {
    const plan = view.plans.find((one) => one.id === id);
    return plan ? inLanguage(plan.title, app.language()) : id;
  };
  return (
    <Answer of={plans}>
      {(view) => (
        <div class="plans">
          <h1>{say('plansTitle')}</h1>
          <p class="soft">{say('plansHint')}</p>
          <div class="trends">
            <For each={view().plans}>{(plan) => <One plan={plan} rules={view().rules.filter((rule) => rule.plan === plan.id)} />}</For>
          </div>
          <h2>{say('heldRuns')}</h2>
          <Show when={view().held.length > 0} fallback={<p class="soft">{say('heldNone')}</p>}>
            <DataTable
              stacks
              caption={say('heldRuns')}
              rows={view().held}
              columns={[
                { heading: say('plan'), cell: ({ run }) => `${titleOf(view(), run.plan)} · ${say('version')} ${run.version}` },
                { heading: say('howRun'), cell: ({ run }) => say(run.drill ? 'drill' : 'inEarnest') },
                { heading: say('bed'), cell: ({ bed }) => nameIn(bed, app.language()) },
                { heading: say('startedAt'), cell: ({ run }) => momentOf(run.started_at, app.language()) },
                { heading: say('endedAt'), cell: ({ ended }) => (ended === null ? say('underWay') : momentOf(ended, app.language())) },
                { heading: say('stepsDone'), numeric: true, cell: ({ done, steps }) => `${done} / ${steps}` },
                { heading: say('lateSteps'), numeric: true, cell: ({ late }) => late },
              ]}
            />
          </Show>
          <RulesInForce view={view()} />
        </div>
      )}
    </Answer>
  );
}

function One(props: { plan: Plan; rules: readonly Rule[] }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  return (
    <article class="trend" data-plan={props.plan.id}>
      <h2>{inLanguage(props.plan.title, app.language())}</h2>
      <p class="small">
        {say('version')} {props.plan.version}{' '}
        <Show when={props.plan.needs_confirmation}>
          <span class="chip warn">{say('confirm')}</span>
        </Show>{' '}
        <OriginOf origin={props.plan.origin} />
      </p>
      <Show when={props.rules.length > 0}>
        <p class="small">
          {say('calledForBy')} {clausesIn(props.rules.map((rule) => inLanguage(rule.title, app.language())), app.language())}
        </p>
      </Show>
      <h3>{say('stepsOf')}</h3>
      <ol>
        <For each={props.plan.steps}>
          {(step) => (
            <li>
              {inLanguage(step.text, app.language())}{' '}
              <span class="soft small">
                {roleIn(say, step.who)}
                <Show when={step.within_s}>{(within_s) => <> · {say('within', { n: Math.round(within_s() / 60) })}</>}</Show>
              </span>
            </li>
          )}
        </For>
      </ol>
      <h3>{say('people')}</h3>
      <ul>
        <For each={props.plan.people}>
          {({ role, count }) => (
            <li>
              {roleIn(say, role)} × {count}
            </li>
          )}
        </For>
      </ul>
      <Show when={props.plan.equipment.length > 0}>
        <h3>{say('equipment')}</h3>
        <ul>
          <For each={props.plan.equipment}>{({ label }) => <li>{inLanguage(label, app.language())}</li>}</For>
        </ul>
      </Show>
    </article>
  );
}
