/** A patient over time: a day to look at, lanes, lesions with their sizes, and a table that says the same. */
import { Show, createEffect, createMemo, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { Timeline } from '../../../contract/timeline';
import { useApp } from '../../core/app';
import { dayIn, dayOf } from '../../core/dates';
import { createQuery } from '../../core/query';
import { EmptyState } from '../EmptyState';
import { Notice } from '../Notice';
import { Skeleton } from '../Skeleton';
import { AsOf } from './AsOf';
import { EventTable } from './EventTable';
import { Lanes } from './Lanes';
import { Lesions } from './Lesions';
import { Organs } from './Organs';
import { lineOf } from './scale';
import './timeline.css';

export function TwinTimeline(props: { patient: string }): JSX.Element {
  const app = useApp();
  const [day, setDay] = createSignal<string>();
  const [known, setKnown] = createSignal<string>();
  const address = createMemo(() => {
    const asked = new URLSearchParams();
    const [at, recorded] = [day(), known()];
    if (at !== undefined) asked.set('at', at);
    if (recorded !== undefined) asked.set('recorded', recorded);
    return `/api/patients/${encodeURIComponent(props.patient)}/timeline${asked.size > 0 ? `?${asked}` : ''}`;
  });
  const query = createQuery<Timeline>(() => {
    const path = address();
    return (signal) => app.api.get(path, { signal });
  });
  app.onServerEvent((event) => {
    if (event.kind !== 'waiting') query.reload();
  });
  // While the slider moves the last answer stays: a page that jumps cannot be read.
  const shown = createMemo<Timeline | undefined>((last) => query.data() ?? last);
  const today = (): string => dayIn(shown()?.time_zone, new Date());
  // The line is as long as the longest that was seen, so that it does not shrink under the hand.
  const line = createMemo<readonly [number, number]>((last) => {
    const now = shown();
    const own = now ? lineOf(now, today()) : undefined;
    if (!own) return last;
    return last[0] === last[1] ? own : [Math.min(last[0], own[0]), Math.max(last[1], own[1])];
  }, [0, 0]);
  const asOf = (): string => day() ?? today();
  createEffect(() => {
    const answer = query.data();
    if (answer && day() !== undefined) app.announce(words(answer));
  });
  const words = (answer: Timeline): string =>
    app.t('time.shown', {
      day: dayOf(asOf(), app.language()),
      n: answer.events.length,
      lesions: answer.lesions.length,
    });

  return (
    <section class="panel over-time-panel" aria-labelledby="over-time" data-busy={query.loading()}>
      <header>
        <div>
          <h2 id="over-time">{app.t('time.title')}</h2>
          <p class="soft small">{app.t('time.lead')}</p>
        </div>
      </header>
      <div class="panel-body over-time">
        <Show when={query.error()}>
          {(error) => (
            <Notice kind="bad">
              <p>{app.explain(error())}</p>
              <button type="button" class="button small" onClick={() => query.reload()}>
                {app.t('app.retry')}
              </button>
            </Notice>
          )}
        </Show>
        <Show when={shown()} fallback={<Show when={!query.error()}><Skeleton lines={5} /></Show>}>
          {(timeline) => (
            <>
              <AsOf line={line()} day={asOf()} known={known()} onDay={setDay} onKnown={setKnown} today={today()} />
              <p class="small" data-shown={asOf()}>
                {words(timeline())}
              </p>
              <Show
                when={timeline().events.length > 0 || timeline().lesions.length > 0}
                fallback={<EmptyState icon="wait" title={app.t('time.none')} hint={app.t('time.noneHint')} />}
              >
                <Lanes timeline={timeline()} line={line()} day={asOf()} />
                <Lesions lesions={timeline().lesions} line={line()} day={asOf()} />
                <Organs organs={timeline().organs} />
                <EventTable events={timeline().events} zone={timeline().time_zone} day={asOf()} />
              </Show>
              <Show when={timeline().undated > 0}>
                <p class="soft small">{app.t('time.undated', { n: timeline().undated })}</p>
              </Show>
            </>
          )}
        </Show>
      </div>
    </section>
  );
}
