/** One follow-up as those who treat see it: what is urgent first, then reports, nights, referrals. */
import { For, Match, Show, Switch, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { askToCall } from '../../../../client/core/calls';
import { dayOf, dayOfMoment, momentOf } from '../../../../client/core/dates';
import { roomPath } from '../../../../client/core/hospital';
import { inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Link, go } from '../../../../client/core/router';
import { Answer } from '../../../../client/panels/Answer';
import { NotYours } from '../../../../client/panels/NotYours';
import { Notice } from '../../../../client/panels/Notice';
import { ActionPlanForm } from './ActionPlan';
import { AddNights } from './AddNights';
import { Adherence } from './Adherence';
import { AlertCard } from './AlertCard';
import { Assess } from './Assess';
import type { Course, Gone } from './course';
import { coursePath } from './course';
import { Devices } from './Devices';
import { End } from './End';
import { HandOver } from './HandOver';
import { Next } from './Next';
import { NightsOf } from './NightsOf';
import { Past } from './Past';
import { Refer, Referrals, TakeBack } from './Refer';
import { Reports } from './Reports';
import { CHIPS, SIGNS, isClosedSince, othersShown, valueShown } from './shown';
import { Sources } from './Sources';
import { SpirometryOf } from './Spirometry';
import { Warned } from './Warned';
import { sayIn } from './words';
import type { Say } from './words';

/** What a part of the page is given. */
export interface Part {
  readonly of: Course;
  readonly say: Say;
  /** Does an act; whether it was done. */
  act(step: string, body?: unknown): Promise<boolean>;
  /** The same for another call that answers with the follow-up. */
  does(call: () => Promise<unknown>): Promise<boolean>;
  /** The criterion of referral that a next step names. */
  readonly suggested: string | undefined;
  suggest(criterion: string): void;
}

export function CourseView(props: { id: string; inRoom: boolean }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const seen = createQuery<Course | Gone>(() => (signal) => app.api.get(coursePath(props.id), { signal }));
  const [refusal, setRefusal] = createSignal<string>();
  const [gone, setGone] = createSignal(false);
  app.onServerEvent((event) => {
    const ours = event.id === undefined || event.id === props.id;
    if (event.kind === 'missed' || (event.kind === 'case' && ours)) seen.reload();
  });
  const [suggested, suggest] = createSignal<string>();
  // What they saw until then does not stay before those who may see it no more.
  const wasClosed = (): boolean => isClosedSince(seen.data(), seen.error());
  const does = async (call: () => Promise<unknown>): Promise<boolean> => {
    setRefusal(undefined);
    try {
      const fresh = await call();
      if (typeof fresh === 'object' && fresh !== null && 'gone' in fresh) setGone(true);
      else seen.reload();
      return true;
    } catch (error) {
      setRefusal(app.explain(error));
      seen.reload();
      return false;
    }
  };
  const act = (step: string, body: unknown = {}): Promise<boolean> =>
    does(() => app.api.post<Course | Gone>(coursePath(props.id, `/${step}`), body));
  return (
    <div class="follow">
      <Show when={refusal()}>
        {(text) => (
          // What was refused may stand far below.
          <div ref={(element) => queueMicrotask(() => element.scrollIntoView({ block: 'center' }))}>
            <Notice kind="bad">{text()}</Notice>
          </div>
        )}
      </Show>
      <Show when={!gone() && !wasClosed()} fallback={<Notice>{say(gone() ? 'gone' : 'closedToYou')}</Notice>}>
        <Answer of={seen} lines={8} closed={props.inRoom ? <NotYours /> : undefined}>
          {(course) => (
            <Show when={'plan' in course() ? (course() as Course) : undefined} fallback={<Notice>{say('gone')}</Notice>}>
              {(one) => <Whole part={{ get of() { return one(); }, say, act, does, get suggested() { return suggested(); }, suggest }} inRoom={props.inRoom} />}
            </Show>
          )}
        </Answer>
      </Show>
    </div>
  );
}

function Whole(props: { part: Part; inRoom: boolean }): JSX.Element {
  const app = useApp();
  const course = (): Course => props.part.of;
  const { say } = props.part;
  return (
    <>
      <Head part={props.part} inRoom={props.inRoom} />
      <AlertCard part={props.part} />
      <Show when={course().state === 'over'}>
        <Notice kind="warn">{say('overDo')}</Notice>
      </Show>
      <Visiting part={props.part} inRoom={props.inRoom} />
      <Next part={props.part} />
      <div class="follow-columns">
        <div class="follow-side">
          <section class="panel" aria-labelledby="follow-reports">
            <header>
              <h2 id="follow-reports">{say('reports')}</h2>
            </header>
            <div class="panel-body stack">
              <Reports part={props.part} />
              <Adherence part={props.part} />
              <Show when={course().warned}>{(ways) => <Warned ways={ways()} everyDays={course().every_days} say={say} />}</Show>
            </div>
          </section>
          <Show when={course().spirometry}>{(found) => <SpirometryOf part={props.part} found={found()} />}</Show>
        </div>
        <div class="follow-side">
          <Show when={course().assess}>{(asked) => <Assess part={props.part} asked={asked()} />}</Show>
          <Show when={course().nights}>
            {(nights) => (
              <section class="panel">
                <div class="panel-body stack">
                  <NightsOf course={props.part.of.id} nights={nights()} say={say} />
                  <Show when={course().is_active}>
                    <AddNights course={props.part.of.id} say={say} />
                  </Show>
                </div>
              </section>
            )}
          </Show>
          <section class="panel" aria-labelledby="follow-referrals">
            <header>
              <h2 id="follow-referrals">{say('referrals')}</h2>
            </header>
            <div class="panel-body stack">
              <Referrals part={props.part} />
              <Show when={course().is_active}>
                <Refer part={props.part} />
                <TakeBack part={props.part} />
              </Show>
            </div>
          </section>
          <Show when={course().is_active && course().treats.some(({ id }) => id === app.me()?.id)}>
            <Devices part={props.part} />
          </Show>
          <ActionPlanForm part={props.part} />
          <HandOver part={props.part} />
          <Past part={props.part} />
          <section class="panel" aria-labelledby="follow-plan">
            <header>
              <h2 id="follow-plan">{say('sources')}</h2>
            </header>
            <div class="panel-body stack">
              <Sources sources={course().sources} dangers={course().dangers} own={course().own_plan} silentDays={course().silent_days} say={say} />
              <Show when={course().is_active}>
                <End part={props.part} />
              </Show>
            </div>
          </section>
        </div>
      </div>
    </>
  );
}

function Head(props: { part: Part; inRoom: boolean }): JSX.Element {
  const app = useApp();
  const course = (): Course => props.part.of;
  const { say } = props.part;
  const usual = () =>
    Object.entries(course().usual).flatMap(([name, value]) => {
      const question = course().questions.find((one) => one.name === name);
      return question === undefined
        ? []
        : [
            say('usualIs', {
              label: inLanguage(question.label, app.language()),
              value: valueShown(question, value, say, app.language()),
            }),
          ];
    });
  return (
    <header>
      <Switch>
        <Match when={props.inRoom}>
          <h2>{course().patient.name}</h2>
        </Match>
        <Match when={!props.inRoom}>
          <h1>{course().patient.name}</h1>
        </Match>
      </Switch>
      <p>
        {inLanguage(course().plan.title, app.language())}{' '}
        <span class={`chip ${CHIPS[course().state]}`} data-state={course().state}>
          <span aria-hidden="true">{SIGNS[course().state]} </span>
          {say(`state.${course().state}`)}
        </span>
      </p>
      <p class="soft small">
        {say('openedOn', { day: dayOfMoment(course().opened_at, app.language(), course().time_zone) })} · {say('firstIs', { name: course().first.name })}
        <Show when={course().second} fallback={<Show when={course().is_active}> · {othersShown(course().team, say, app.language())}</Show>}>
          {(second) => <> · {say('secondIs', { name: second().name })}</>}
        </Show>
        <For each={usual()}>{(words) => <> · {words}</>}</For>
      </p>
      <Show when={course().in_hospital}>{(since) => <Notice>{say('inHospital', { day: dayOf(since(), app.language()) })}</Notice>}</Show>
      <Show when={course().ended}>{(reason) => <Notice>{say('endedBecause', { reason: reason() })}</Notice>}</Show>
      <Show when={!props.inRoom}>
        <div class="row">
          <Link class="button small" href={`/patients/${encodeURIComponent(course().patient.id)}`}>
            {say('patient')}
          </Link>
        </div>
      </Show>
    </header>
  );
}

/** One click opens the room and calls the patient. */
function Visiting(props: { part: Part; inRoom: boolean }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const meet = async (withCamera: boolean): Promise<void> => {
    if (!(await props.part.act('visit'))) return;
    if (withCamera) askToCall(props.part.of.id);
    go(roomPath(props.part.of.id));
  };
  return (
    <Show when={props.part.of.is_active}>
      <div class="row">
        <Show when={!props.inRoom}>
          <button type="button" class="button primary" onClick={() => void meet(true)}>
            {say('visitSeen')}
          </button>
          <button type="button" class="button" onClick={() => void meet(false)}>
            {say('visit')}
          </button>
        </Show>
        <Show when={props.part.of.visit}>
          {(visit) => (
            <>
              <span>{say('visitGoesOn', { at: momentOf(visit().began, app.language(), props.part.of.time_zone) })}</span>
              <button type="button" class="button" onClick={() => void props.part.act('visit/end')}>
                {say('endVisit')}
              </button>
            </>
          )}
        </Show>
      </div>
    </Show>
  );
}
