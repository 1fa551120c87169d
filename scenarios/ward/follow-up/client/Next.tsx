/** What comes next by what was found; where the plan follows a programme, stage by stage. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import type { Part } from './CourseView';
import { STAGES } from './found';
import type { NextStep } from './found';
import { mayAskAnother } from './Refer';

export function Next(props: { part: Part }): JSX.Element {
  const { say } = props.part;
  const next = (): readonly NextStep[] => props.part.of.next;
  return (
    <Show when={next().length > 0 || props.part.of.programme !== null}>
      <section class="panel follow-next" aria-labelledby="follow-next">
        <header>
          <h2 id="follow-next">{say('nextSteps')}</h2>
        </header>
        <div class="panel-body stack">
          <Show when={props.part.of.programme} fallback={<Steps part={props.part} steps={next()} />}>
            {(name) => (
              <>
                <p class="soft small" data-programme="">
                  {say('programme', { name: name() })} <span class="chip warn">{say('confirm')}</span>
                </p>
                <For each={STAGES}>
                  {(stage) => (
                    <div data-stage={stage}>
                      <h3>{say(`stage.${stage}`)}</h3>
                      <Steps part={props.part} steps={next().filter((step) => step.stage === stage)} />
                    </div>
                  )}
                </For>
              </>
            )}
          </Show>
        </div>
      </section>
    </Show>
  );
}

function Steps(props: { part: Part; steps: readonly NextStep[] }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const mayRefer = (criterion: string | null): boolean =>
    criterion !== null && mayAskAnother(app, props.part) && props.part.of.criteria.some(({ id, direction }) => id === criterion && direction === 'up');
  return (
    <ul class="follow-facts">
      <For each={props.steps} fallback={<li class="soft">{say('noStep')}</li>}>
        {(step) => (
          <li data-step={step.id}>
            {inLanguage(step.say, app.language())}
            <br />
            <span class="soft small">
              {step.citation ?? say('proposal')}
              <Show when={step.needs_confirmation}>
                {' '}
                <span class="chip warn">{say('confirm')}</span>
              </Show>
            </span>
            <Show when={mayRefer(step.criterion)}>
              <div class="row">
                <button type="button" class="button small" onClick={() => props.part.suggest(step.criterion ?? '')}>
                  {say('referByThis')}
                </button>
              </div>
            </Show>
          </li>
        )}
      </For>
    </ul>
  );
}
