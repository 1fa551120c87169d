/** One bed: values and the last hour of each, NEWS2 with what is missing, alarms, what was seen, devices. */
import { For, Show, createMemo } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { FollowUps } from '../../../../client/panels/FollowUps';
import { Icon } from '../../../../client/panels/Icon';
import { Signals } from '../../../../client/panels/signals/Signals';
import { AtBed } from './AtBed';
import { News2, ValueOf, Who } from './BedTable';
import { Organs } from './Organs';
import { PastWaves } from './PastWaves';
import { Scores } from './Scores';
import { Seen } from './Seen';
import { Stay } from './Stay';
import { TasksOf } from './TasksOf';
import { Trend } from './Trend';
import { AlarmList } from './Ward';
import { Waves } from './Waves';
import { bedSaid, forecastSaid, responseSaid, valueOf } from './said';
import type { BedSaid } from './said';
import { clock, unitOf } from './ward';
import type { BedView, WardView } from './ward';
import { sayIn } from './words';

interface BedProps {
  readonly ward: WardView;
  readonly bed: BedView;
  /** The moment that is looked back to; none: now. */
  readonly at: string | undefined;
  reload(): void;
  onBack(): void;
}

export function Bed(props: BedProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const alarms = createMemo(() => props.ward.alarms.filter(({ alarm }) => alarm.bed === props.bed.id));
  const said = createMemo(() => bedSaid(props.bed, props.ward, say));
  const isPast = (): boolean => props.at !== undefined;
  // What the score asks for; where it is open, what it asks for at least.
  const asked = () => (props.bed.news2?.band ? props.bed.news2 : props.bed.news2?.at_least);
  const deviceName = (id: string): string => props.bed.devices.find((device) => device.id === id)?.name ?? id;
  const missing = (): BedSaid['news2']['missing'] => said().news2.missing;
  return (
    <article class="bed-page" data-open-bed={props.bed.id}>
      <button type="button" class="button quiet" onClick={() => props.onBack()}>
        <Icon name="back" size={16} />
        {say('back')}
      </button>
      <h2>
        {props.bed.name} · <Who bed={said()} />
      </h2>
      <Show when={alarms().length > 0}>
        <AlarmList alarms={alarms()} ward={props.ward} reload={props.reload} />
      </Show>
      <Show when={props.bed.occupied}>
        <div class="now">
          <Organs pace={said().pace} say={say} />
          <Show when={props.bed.patient?.id} keyed>
            {(patient) => (
              <Show when={props.at} fallback={<Waves patient={patient} deviceName={deviceName} say={say} />}>
                {(at) => <PastWaves patient={patient} at={at()} deviceName={deviceName} say={say} />}
              </Show>
            )}
          </Show>
        </div>
      </Show>
      <section aria-label={say('news2')}>
        <h3>
          {say('news2')} <News2 bed={said()} say={say} />
        </h3>
        <Show when={responseSaid(asked(), app.language())}>{(response) => <p>{response()}</p>}</Show>
        <Show when={missing().length > 0}>
          <p>{say('missingList')}</p>
          <ul data-missing>
            <For each={missing()}>{(one) => <li>{inLanguage(one.why, app.language())}</li>}</For>
          </ul>
        </Show>
      </section>
      <Show when={props.bed.from_home.length > 0}>
        <section aria-label={say('fromHome')} data-from-home>
          <h3>{say('fromHome')}</h3>
          <p class="soft small">{say('fromHomeWhy')}</p>
          <ul class="small">
            <For each={props.bed.from_home}>
              {(one) => (
                <li>
                  {inLanguage(one.label, app.language())}{colonIn(app.language())}{one.value.toFixed(one.decimals)} {unitOf(one.unit)} ·{' '}
                  {momentOf(one.at, app.language())}
                </li>
              )}
            </For>
          </ul>
        </section>
      </Show>
      <Scores scores={props.bed.scores} say={say} />
      <Show when={isPast() ? undefined : props.bed.patient?.id} keyed>
        {(patient) => (
          <>
            <TasksOf patient={patient} say={say} />
            <section aria-label={app.t('patient.followUps')}>
              <h3>{app.t('patient.followUps')}</h3>
              <FollowUps patient={patient} />
            </section>
          </>
        )}
      </Show>
      <Show when={!isPast() && props.bed.patient}>
        <Seen ward={props.ward} bed={props.bed} reload={props.reload} />
      </Show>
      <section aria-label={say('trends')}>
        <h3>{say('trends')}</h3>
        <div class="trends">
          <For each={props.bed.vitals.map(({ signal }) => signal)} fallback={<p class="soft">{say('noValue')}</p>}>
            {(signal) => (
              <Show when={props.bed.vitals.find((vital) => vital.signal === signal)}>
                {(vital) => (
                  <figure class="trend">
                    <figcaption class="row">
                      <span>{inLanguage(vital().label, app.language())}</span>
                      <span class="grow" />
                      <strong>
                        <ValueOf value={valueOf(vital())} say={say} />
                      </strong>
                      <span class="soft small">{unitOf(vital().unit)}</span>
                    </figcaption>
                    <Show when={props.bed.unkept.includes(signal)}>
                      <p class="soft small" data-unkept={signal}>
                        {say('unkept')}
                      </p>
                    </Show>
                    <Trend vital={vital()} points={props.bed.lines[signal] ?? []} limits={props.bed.limits[signal] ?? []} say={say} />
                    <For each={props.bed.forecasts[signal] ?? []}>
                      {(one) => (
                        <Show when={forecastSaid(one, vital().decimals, say)}>
                          {(said) => <p class="soft small" data-forecast={one.ahead}>{said()}</p>}
                        </Show>
                      )}
                    </For>
                  </figure>
                )}
              </Show>
            )}
          </For>
        </div>
        <Show when={props.bed.late > 0}>
          <p class="soft small">{say('lateSamples', { n: props.bed.late })}</p>
        </Show>
      </section>
      <Show when={isPast() ? undefined : props.bed.patient?.id} keyed>
        {(patient) => (
          <details class="whole-course">
            <summary>{say('wholeCourse')}</summary>
            <Signals patient={patient} />
          </details>
        )}
      </Show>
      <Show when={props.bed.doubts.length > 0}>
        <section aria-label={say('doubts')}>
          <h3>{say('doubts')}</h3>
          <ul class="small">
            <For each={props.bed.doubts}>
              {({ title, change }) => (
                <li>
                  {clock(change.at, app.language())} {inLanguage(title, app.language())}
                </li>
              )}
            </For>
          </ul>
        </section>
      </Show>
      <Show when={!isPast()}>
        <Stay ward={props.ward} bed={props.bed} reload={props.reload} />
      </Show>
      <AtBed ward={props.ward.id} bed={props.bed} isPast={isPast()} reload={props.reload} />
    </article>
  );
}
