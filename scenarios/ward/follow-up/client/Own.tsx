/** The patient's page: what is due today, large, aloud, and without a line. */
import { For, Show, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { askToCall } from '../../../../client/core/calls';
import { dayIn, dayOf } from '../../../../client/core/dates';
import { roomPath } from '../../../../client/core/hospital';
import { inLanguage } from '../../../../client/core/language';
import { Link, go } from '../../../../client/core/router';
import { EmptyState } from '../../../../client/panels/EmptyState';
import { Notice } from '../../../../client/panels/Notice';
import { OfflineNotices } from '../../../../client/panels/OfflineNotices';
import { Skeleton } from '../../../../client/panels/Skeleton';
import { ActionPlanOf } from './ActionPlan';
import { AddNights } from './AddNights';
import { OnlyAnswers, Unclaimed } from './Alone';
import { beQuiet } from './aloud';
import type { OwnCourse, Unsent } from './course';
import { dueOn, nextDay, overFrom } from './days';
import { keepOwn } from './keep';
import type { Kept } from './keep';
import { NightsOf } from './NightsOf';
import { OwnOnce } from './OwnOnce';
import { OwnReports } from './OwnReports';
import { OwnSpirometry } from './OwnSpirometry';
import { Questions } from './Questions';
import { ReadAloud } from './ReadAloud';
import { ReceivedOf } from './ReceivedOf';
import { toldShown } from './shown';
import { sayIn } from './words';
import type { Say } from './words';

const LARGE_KEY = 'yuanyi.follow-up.large';

export function Own(props: { inRoom?: boolean }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const kept = keepOwn(app);
  const [large, setLarge] = createSignal(localStorage.getItem(LARGE_KEY) === 'yes');
  onMount(() => void kept.load());
  onCleanup(beQuiet);
  const choose = (on: boolean): void => {
    setLarge(on);
    localStorage.setItem(LARGE_KEY, on ? 'yes' : 'no');
  };
  return (
    <div class="follow follow-own" data-large={large() ? '' : undefined} data-offline={kept.offline() ? '' : undefined}>
      <Show when={!props.inRoom}>
        <header>
          <h1>{say('title')}</h1>
          <p class="soft">{say('leadPatient')}</p>
        </header>
      </Show>
      <label class="follow-switch">
        <input type="checkbox" checked={large()} onChange={(event) => choose(event.currentTarget.checked)} />
        <span>{say('large')}</span>
      </label>
      <Lines kept={kept} say={say} />
      <Show when={app.me()?.answersOnly}>
        <OnlyAnswers kept={kept} say={say} />
      </Show>
      <Show when={!app.me()?.answersOnly}>
      <Show when={kept.courses()} fallback={<Show when={!kept.error()}><Skeleton lines={6} /></Show>}>
        {(courses) => (
          // By name: what is being answered stays where all is read anew, as when the page is left for the oximeter's.
          <For each={courses().map(({ id }) => id)} fallback={<EmptyState icon="check" title={say('noCourse')} hint={say('noCourseHint')} />}>
            {(id) => (
              <Show when={courses().find((one) => one.id === id)}>
                {(course) => <One course={course()} kept={kept} say={say} inRoom={props.inRoom ?? false} />}
              </Show>
            )}
          </For>
        )}
      </Show>
      </Show>
      <p class="soft">{say('notEmergency')}</p>
    </div>
  );
}

/** What the person must know about the line and what waits on the device. */
function Lines(props: { kept: Kept; say: Say }): JSX.Element {
  const app = useApp();
  // Where nobody has signed in for long, nothing that was known is shown.
  const all = () => (app.me()?.answersOnly ? [] : props.kept.unsent());
  const stuck = () => all().filter(({ one }) => one.refused !== undefined || one.held !== undefined);
  return (
    <OfflineNotices
      kept={{ ...props.kept, offline: () => props.kept.offline() && !app.me()?.answersOnly }}
      unsent={all().filter(({ one }) => one.refused === undefined && one.unclaimed === undefined).length}
      words={{
        offline: (at) => props.say('offline', { at }),
        keepsNothing: () => props.say('keepsNothing'),
        unsent: (n) => props.say(n === 1 ? 'unsentOne' : 'unsent', { n }),
        sendNow: () => props.say('sendNow'),
      }}
    >
      {/* By name: what one was asked about a report stays while it is tried again. */}
      <For each={stuck().map(({ one }) => one.id)}>
        {(id) => (
          <Show when={stuck().find(({ one }) => one.id === id)}>
            {(found) => <Stuck one={found().one} say={props.say} onDiscard={() => void props.kept.discard(found().course, id)} />}
          </Show>
        )}
      </For>
    </OfflineNotices>
  );
}

/** A report that the hospital did not take. */
function Stuck(props: { one: Unsent; say: Say; onDiscard: () => void }): JSX.Element {
  const app = useApp();
  return (
    <Notice kind={props.one.refused === undefined ? 'warn' : 'bad'}>
      <p data-refused={props.one.refused && props.one.id} data-held={props.one.held && props.one.id}>
        {props.say(props.one.refused === undefined ? 'heldReport' : 'refusedReport', {
          day: dayOf(props.one.day, app.language()),
          why: props.one.refused ?? props.one.held ?? '',
        })}
      </p>
      <Discard say={props.say} onDiscard={() => props.onDiscard()} />
    </Notice>
  );
}

/** What is given up is gone: one tap that slipped gives up nothing. The focus stays where it was asked. */
function Discard(props: { say: Say; onDiscard: () => void }): JSX.Element {
  const [asked, setAsked] = createSignal(false);
  let first!: HTMLButtonElement;
  return (
    <div class="row">
      <button ref={first} type="button" class="button small" aria-expanded={asked()} onClick={() => setAsked(!asked())}>
        {props.say('discard')}
      </button>
      <Show when={asked()}>
        <button type="button" class="button small" onClick={() => props.onDiscard()}>
          {props.say('discardSure')}
        </button>
        <button type="button" class="button small" onClick={() => (setAsked(false), first.focus())}>
          {props.say('keepThem')}
        </button>
      </Show>
    </div>
  );
}

function One(props: { course: OwnCourse; kept: Kept; say: Say; inRoom: boolean }): JSX.Element {
  const app = useApp();
  const { say } = props;
  const [isAsking, setAsking] = createSignal(false);
  const [isThanked, setThanked] = createSignal(false);
  const waiting = () => props.kept.waiting(props.course.id);
  const day = () => nextDay(props.course, waiting());
  const thanked = (): string => say(waiting().some(({ refused, unclaimed }) => refused === undefined && unclaimed === undefined) ? 'thanksKept' : 'thanksSent');
  const due = () => dueOn(day(), dayIn(props.course.time_zone, new Date()), overFrom(props.course));
  const text = (value: { zh: string; en: string }): string => inLanguage(value, app.language());
  const send = async (answers: Parameters<Kept['report']>[1]): Promise<void> => {
    setAsking(false);
    await props.kept.report(props.course.id, answers);
    setThanked(true);
    app.announce(thanked());
  };
  return (
    <section class="panel" data-course={props.course.id} data-plan={props.course.plan.id} aria-label={text(props.course.plan.title)}>
      <header>
        <h2>{text(props.course.plan.title)}</h2>
        <span class={`chip ${{ now: 'warn', overdue: 'bad', planned: 'good', over: 'good' }[due()]}`} data-due={due()}>
          {say(`due.${due()}`, { day: dayOf(day(), app.language()) })}
        </span>
      </header>
      <div class="panel-body stack">
        <Show when={!props.inRoom && props.course.visit}>
          {(visit) => (
            <Notice kind="good">
              <p>{say('call', { name: visit().by.name })}</p>
              <div class="row">
                <button type="button" class="button primary" onClick={() => (askToCall(props.course.id), go(roomPath(props.course.id)))}>
                  {say('enterSeen')}
                </button>
                <Link class="button" href={roomPath(props.course.id)}>
                  {say('enterRoom')}
                </Link>
              </div>
            </Notice>
          )}
        </Show>
        <For each={waiting().filter(({ unclaimed }) => unclaimed)}>
          {(one) => <Unclaimed course={props.course} one={one} kept={props.kept} say={say} />}
        </For>
        <Show when={isThanked() && !waiting().some(({ refused, held }) => refused !== undefined || held !== undefined)}>
          <Notice kind="good">{thanked()}</Notice>
        </Show>
        <Told course={props.course} say={say} />
        <Show when={props.course.in_hospital}>
          <Notice>{say('inHospitalOwn')}</Notice>
        </Show>
        <Show when={due() === 'over'}>
          <Notice kind="good">{say('overOwn', { doctor: props.course.doctor })}</Notice>
        </Show>
        <ReceivedOf course={props.course} say={say} />
        <Show
          when={isAsking()}
          fallback={
            <button type="button" class="button primary follow-start" onClick={() => (setThanked(false), setAsking(true))}>
              {say(due() === 'planned' || due() === 'over' ? 'answerAgain' : 'start')}
            </button>
          }
        >
          <Questions course={props.course} say={say} onSend={(answers) => void send(answers)} onLeave={() => setAsking(false)} />
        </Show>
        <OwnOnce course={props.course} kept={props.kept} say={say} />
        <h3>{say('actionPlan')}</h3>
        <ActionPlanOf plan={props.course.action} zone={props.course.time_zone} say={say} />
        <h3>{say('learn')}</h3>
        <ul class="follow-learn">
          <For each={props.course.learn}>{(one) => <li>{text(one)}</li>}</For>
        </ul>
        <div class="row">
          <ReadAloud name="learn" text={props.course.learn.map(text).join('\n')} of={say('learn')} say={say} />
        </div>
        <Show when={props.course.orders.length > 0}>
          <h3>{say('ordersTitle')}</h3>
          <ul class="follow-orders">
            <For each={props.course.orders}>
              {(order) => (
                <li>
                  {order.what} · {dayOf(order.from, app.language())}
                  <Show when={order.until}>{(until) => <> – {dayOf(until(), app.language())}</>}</Show>{' '}
                  <span class={`chip ${{ now: 'warn', overdue: 'bad', planned: '' }[order.due]}`}>{say(`order.${order.due}`)}</span>
                </li>
              )}
            </For>
          </ul>
        </Show>
        <OwnReports course={props.course} waiting={waiting()} say={say} />
        <Show when={props.course.spirometry}>{(sessions) => <OwnSpirometry sessions={sessions()} say={say} />}</Show>
        <Show when={props.course.nights}>
          {(nights) => (
            <>
              <NightsOf course={props.course.id} nights={nights()} say={say} own />
              {/* A recording is too large to wait on the device. */}
              <Show when={!props.kept.offline()} fallback={<p class="soft">{say('nightsNeedLine')}</p>}>
                <AddNights course={props.course.id} say={say} own onTaken={() => void props.kept.load()} />
              </Show>
            </>
          )}
        </Show>
        <div class="row">
          <a
            class="button"
            download="yuanyi.ics"
            href={`data:text/calendar;charset=utf-8,${encodeURIComponent(props.course.calendar)}`}
          >
            {say('calendar')}
          </a>
        </div>
        <p class="soft">
          {say('doctorIs', { name: props.course.doctor })}
          <Show when={due() !== 'over'}>
            {' '}
            · {props.course.every_days === 1 ? say('everyDay') : say('everyDays', { n: props.course.every_days })}
          </Show>
        </p>
      </div>
    </section>
  );
}

/** Who hears of what the patient reported. */
function Told(props: { course: OwnCourse; say: Say }): JSX.Element {
  const app = useApp();
  const words = (): string => toldShown(props.course, props.say, app.language());
  return (
    <Show when={props.course.told}>
      {(told) => (
        <Notice kind={told().state === 'closed' ? 'note' : 'warn'}>
          <p data-told={told().state}>{words()}</p>
          <ReadAloud name="told" text={words()} of={props.say('whoIsTold')} say={props.say} />
        </Notice>
      )}
    </Show>
  );
}
