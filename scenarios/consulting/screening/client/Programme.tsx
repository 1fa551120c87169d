/** One programme: who it is about, the five steps with their states, and the step that is worked on. */
import { For, Match, Show, Switch, createEffect, createSignal, on, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { isClosed } from '../../../../client/core/api';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { NotYours } from '../../../../client/panels/NotYours';
import { Notice } from '../../../../client/panels/Notice';
import { OfflineNotices } from '../../../../client/panels/OfflineNotices';
import { Skeleton } from '../../../../client/panels/Skeleton';
import { Advise } from './Advise';
import { Arrange } from './Arrange';
import { Ask } from './Ask';
import { Assess } from './Assess';
import { Assist } from './Assist';
import { Conflicts } from './Conflicts';
import { Own } from './Own';
import { Proof } from './Proof';
import { Skip } from './Skip';
import type { Course, Part, StepName, StepState } from './course';
import { STEPS, stateOf } from './course';
import { isCourse, keepProgramme } from './keep';
import type { Kept } from './keep';
import './style.css';
import { sayIn } from './words';
import type { Say } from './words';

const DECIDE: ReadonlySet<string> = new Set(['terminal-doctor', 'expert']);
const MARKS: Readonly<Record<StepState, string>> = { open: '○', stale: '↻', 'to-sign': '✎', done: '✓', skipped: '–' };

export function Programme(props: { id: string; inRoom: boolean }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const kept = keepProgramme(app, props.id);
  onMount(() => void kept.load());
  const course = (): Course | undefined => {
    const now = kept.seen();
    return isCourse(now) ? now : undefined;
  };
  const own = () => {
    const now = kept.seen();
    return now !== undefined && !isCourse(now) ? now : undefined;
  };
  // In a room one may be beside the programme without taking part in it.
  const closed = (): boolean => {
    const error = kept.error();
    return props.inRoom && kept.seen() === undefined && error !== undefined && isClosed(error);
  };
  return (
    <Show when={!closed()} fallback={<NotYours />}>
      <div class="screen" data-offline={kept.offline() ? '' : undefined} data-state={course()?.state}>
        <Lines kept={kept} say={say} />
        <Show when={kept.seen()} fallback={<Show when={!kept.error()}><Skeleton lines={8} /></Show>}>
          <Switch>
            <Match when={own()}>
              {(plan) => <Own plan={plan()} say={say} language={app.language()} offline={kept.offline()} />}
            </Match>
            <Match when={course()}>
              {(now) => <Steps course={now()} kept={kept} say={say} inRoom={props.inRoom} />}
            </Match>
          </Switch>
        </Show>
      </div>
    </Show>
  );
}

/** What the person must know about the line and what waits on the device. */
function Lines(props: { kept: Kept; say: Say }): JSX.Element {
  return (
    <OfflineNotices
      kept={props.kept}
      unsent={Object.keys(props.kept.unsent()).length}
      words={{
        offline: (at) => props.say('offline', { at }),
        keepsNothing: () => props.say('keepsNothing'),
        unsent: (n) => props.say('unsentCount', { n }),
        sendNow: () => props.say('sendNow'),
      }}
    />
  );
}

/** Where a person's next act is. */
function nextOf(course: Course): StepName {
  const open = course.steps.find(({ state }) => state === 'open' || state === 'stale' || state === 'to-sign');
  return open?.name ?? (course.state === 'active' ? 'arrange' : 'assist');
}

function Steps(props: { course: Course; kept: Kept; say: Say; inRoom: boolean }): JSX.Element {
  const app = useApp();
  const { kept, say } = props;
  const [step, setStep] = createSignal<StepName>(nextOf(props.course));
  // The page goes on by itself when a step is done, and stays where somebody went back to.
  createEffect(
    on(
      () => nextOf(props.course),
      (next, before) => {
        if (before !== undefined && before === step() && before !== 'ask') setStep(next);
      },
    ),
  );
  const part: Part = {
    get of() {
      return props.course;
    },
    get me() {
      return app.me()?.id ?? '';
    },
    get language() {
      return app.language();
    },
    say,
    get busy() {
      return kept.busy();
    },
    get offline() {
      return kept.offline();
    },
    get unsent() {
      return kept.unsent();
    },
    get decides() {
      return app.me()?.roles.some((role) => DECIDE.has(role)) ?? false;
    },
    answer: kept.answer,
    async act(name, body) {
      const isDone = await kept.act(name, body);
      if (isDone) app.announce(say('saved'));
      return isDone;
    },
  };
  const state = (name: StepName): StepState => stateOf(props.course, name);
  return (
    <>
      <header class="screen-head">
        <Switch>
          <Match when={props.inRoom}>
            <h2>{props.course.patient.name}</h2>
          </Match>
          <Match when={!props.inRoom}>
            <h1>{props.course.patient.name}</h1>
          </Match>
        </Switch>
        <p class="soft small">
          {say('openedBy', { name: props.course.by.name, at: momentOf(props.course.at, app.language()) })} ·{' '}
          {say(`state.${props.course.state}`)}
        </p>
      </header>
      <Conflicts part={part} conflicts={kept.conflicts()} onSettle={kept.settle} />
      <nav aria-label={say('steps')} class="screen-steps">
        <ol>
          <For each={STEPS}>
            {(name, at) => (
              <li>
                <button
                  type="button"
                  data-step={name}
                  data-state={state(name)}
                  aria-current={step() === name ? 'step' : undefined}
                  onClick={() => setStep(name)}
                >
                  <span class="screen-mark" aria-hidden="true">
                    {MARKS[state(name)]}
                  </span>
                  <span>
                    <span class="screen-number-of">{at() + 1}. </span>
                    {say(`step.${name}`)}
                    <span class="for-listeners">: </span>
                    <span class="screen-state">{say(`stepState.${state(name)}`)}</span>
                  </span>
                </button>
              </li>
            )}
          </For>
        </ol>
      </nav>
      <section class="stack screen-step" aria-labelledby="screen-step">
        <h2 id="screen-step" class="for-listeners">{say(`step.${step()}`)}</h2>
        <Show when={kept.offline() && step() !== 'ask'}>
          <Notice>{say('needsLine')}</Notice>
        </Show>
        <Show when={props.course.steps.find(({ name }) => name === step())?.reason}>
          {(reason) => <Notice>{say('skippedBecause', { reason: reason() })}</Notice>}
        </Show>
        <Switch>
          <Match when={step() === 'ask'}>
            <Ask part={part} />
          </Match>
          <Match when={step() === 'assess'}>
            <Assess part={part} />
          </Match>
          <Match when={step() === 'advise'}>
            <Advise part={part} />
          </Match>
          <Match when={step() === 'arrange'}>
            <Arrange part={part} />
          </Match>
          <Match when={step() === 'assist'}>
            <Assist part={part} inRoom={props.inRoom} />
          </Match>
        </Switch>
        <Skip part={part} step={step()} onGo={setStep} />
      </section>
      <Proof part={part} />
    </>
  );
}
