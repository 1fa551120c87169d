/** One alarm: what it is, whom it calls, and what one does with it. */
import { For, Show, createSignal, createUniqueId } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { createDoing } from '../../../../client/core/doing';
import { inLanguage, listIn } from '../../../../client/core/language';
import { Icon } from '../../../../client/panels/Icon';
import { AlarmPlan } from './AlarmPlan';
import { AlarmSteps } from './AlarmSteps';
import { Sign } from './Sign';
import { deviceSaid } from './said';
import { clock, mayPause } from './ward';
import type { AlarmView, WardView } from './ward';
import { sayIn } from './words';

const OUTCOMES = ['treated', 'nothing-needed', 'false-alarm', 'technical', 'drill'] as const;

export interface AlarmProps {
  readonly alarm: AlarmView;
  readonly ward: WardView;
  reload(): void;
}

export function AlarmCard(props: AlarmProps): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  // Cards have the same buttons: to which alarm each belongs is said to those who listen.
  const title = createUniqueId();
  const { busy, run } = createDoing(app);
  const alarm = () => props.alarm.alarm;
  const isMine = (): boolean => alarm().taken?.by === app.me()?.id;
  const pause_s = (): number => props.ward.escalation[alarm().priority].pause_at_most_s;
  const nameOf = (id: string): string => props.ward.staff.find((one) => one.id === id)?.name || props.ward.equipment[id] || id;

  const send = (path: string, body: unknown): Promise<void> =>
    run(async () => {
      await app.api.post(`/api/alarms/${encodeURIComponent(props.alarm.id)}/${path}`, body);
      props.reload();
    });

  return (
    <li id={`alarm-${props.alarm.id}`} class="alarm-card" data-alarm={alarm().rule} data-bed={alarm().bed} data-calls={props.alarm.calls ? '' : undefined}>
      <div class="row">
        <Sign priority={alarm().priority} escalation={props.ward.escalation} flashes={props.alarm.calls} />
        <strong id={title}>
          {props.alarm.bed_name} · {inLanguage(alarm().title, app.language())}
        </strong>
        <span class="grow" />
        <Show when={alarm().needs_confirmation}>
          <span class="chip warn">{say('confirm')}</span>
        </Show>
      </div>
      <Show when={deviceSaid(props.alarm, props.ward, app.language())}>
        {(said) => <p class="small" data-device={alarm().device}>{said()}</p>}
      </Show>
      <Show when={props.alarm.last_known}>
        {(since) => (
          <p class="small last-known" data-last-known>
            <Icon name="alert" size={14} /> <strong>{say('last-known', { at: clock(since(), app.language()) })}</strong>
          </p>
        )}
      </Show>
      <p class="small soft">
        {say('since', { at: clock(alarm().raised_at, app.language()) })} ·{' '}
        {say(alarm().presence.state === 'present' ? 'present' : 'gone')} ·{' '}
        <Show
          when={alarm().taken}
          fallback={
            props.alarm.mine ? (
              <strong data-mine>{say('callsYou')}</strong>
            ) : (
              say('calls', { who: listIn(props.alarm.called.map(({ name }) => name), app.language()) })
            )
          }
        >
          {(taken) => <>{say('takenBy', { who: nameOf(taken().by) })}</>}
        </Show>
        <Show when={alarm().paused_until}>
          {(until) => <> · {say('pausedUntil', { at: clock(until(), app.language()) })}</>}
        </Show>
      </p>
      <Show when={props.alarm.asked}>
        <div class="row asked">
          <strong>{say('askedYou', { bed: props.alarm.bed_name })}</strong>
          <button type="button" class="button primary" aria-describedby={title} disabled={busy()} onClick={() => void send('answer', { accepts: true })}>
            {say('come')}
          </button>
          <button type="button" class="button" aria-describedby={title} disabled={busy()} onClick={() => void send('answer', { accepts: false })}>
            {say('cannot')}
          </button>
        </div>
      </Show>
      <div class="row acts">
        <Show
          when={isMine()}
          fallback={
            <button type="button" class="button primary" aria-describedby={title} disabled={busy()} onClick={() => void send('act', { act: 'take' })}>
              {say('take')}
            </button>
          }
        >
          <button type="button" class="button" aria-describedby={title} disabled={busy()} onClick={() => void send('act', { act: 'give-back' })}>
            {say('giveBack')}
          </button>
        </Show>
        <Show when={mayPause(alarm())}>
          <button
            type="button"
            class="button"
            aria-describedby={title}
            disabled={busy()}
            onClick={() => void send('act', { act: 'pause', for_s: pause_s() })}
          >
            {say('pause', { n: Math.round(pause_s() / 60) })}
          </button>
        </Show>
        <Show when={isMine()}>
          <End of={title} busy={busy()} onEnd={(outcome) => void send('act', { act: 'close', outcome })} />
        </Show>
      </div>
      <AlarmPlan alarm={props.alarm} nameOf={nameOf} busy={busy()} isMine={isMine()} send={send} />
      <AlarmSteps alarm={props.alarm} ward={props.ward} nameOf={nameOf} />
    </li>
  );
}

/** Ends it in two steps: arrow keys and a slip of the finger choose too, and what is ended is ended for good. */
function End(props: { of: string; busy: boolean; onEnd(outcome: string): void }): JSX.Element {
  const say = sayIn(useApp().language);
  const [outcome, setOutcome] = createSignal('');
  return (
    <>
      <label class="row">
        <span class="for-listeners">{say('closeHow')}</span>
        <select class="input" aria-describedby={props.of} disabled={props.busy} onChange={({ currentTarget }) => setOutcome(currentTarget.value)}>
          <option value="">{say('closeHow')}</option>
          <For each={OUTCOMES}>{(one) => <option value={one}>{say(one)}</option>}</For>
        </select>
      </label>
      <button type="button" class="button" aria-describedby={props.of} disabled={props.busy || outcome() === ''} onClick={() => props.onEnd(outcome())}>
        {say('close')}
      </button>
    </>
  );
}
