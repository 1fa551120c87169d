/** Open alarms that are not on the part of the page that is shown: the most urgent first, each one click away. */
import { For, Show, createMemo, createUniqueId, onCleanup } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Link } from '../../../../client/core/router';
import { Notice } from '../../../../client/panels/Notice';
import { Sign } from './Sign';
import { wardIn } from './names';
import { elsewhereOf, placeOfAlarm, placeOfAlarms } from './ward';
import type { AlarmView, WardView } from './ward';
import type { Say } from './words';

const AGAIN_ms = 5_000;

/** Those of a ward that do not stand at the bed that is open, if one is. */
export function Elsewhere(props: { ward: WardView; bed?: string; say: Say }): JSX.Element {
  const title = createUniqueId();
  const found = createMemo(() => elsewhereOf(props.ward.alarms, props.bed));
  // By id, so that what somebody is pointing at stays where it is when the ward is read again.
  const ids = createMemo(() => found().first.map(({ id }) => id), [], {
    equals: (a, b) => a.length === b.length && a.every((id, n) => id === b[n]),
  });
  return (
    <Show when={found().count > 0}>
      <section class="elsewhere" aria-labelledby={title}>
        <strong id={title} class="small">
          {props.say('elsewhere', { n: found().count })}
        </strong>
        <ul>
          <For each={ids()}>
            {(id) => (
              <Show when={found().first.find((one) => one.id === id)}>{(one) => <One alarm={one()} ward={props.ward} say={props.say} />}</Show>
            )}
          </For>
          <Show when={found().count > ids().length}>
            <li>
              <Link class="button small" href={placeOfAlarms(props.ward.id)}>
                {props.say('elsewhereMore', { n: found().count - ids().length })}
              </Link>
            </li>
          </Show>
        </ul>
      </section>
    </Show>
  );
}

function One(props: { alarm: AlarmView; ward: WardView; say: Say }): JSX.Element {
  const app = useApp();
  const alarm = () => props.alarm.alarm;
  const stands = (): string | undefined => {
    const by = alarm().taken?.by;
    if (by !== undefined) return props.say('takenBy', { who: props.ward.staff.find(({ id }) => id === by)?.name || by });
    return props.alarm.mine && props.alarm.calls ? props.say('callsYou') : undefined;
  };
  return (
    <li data-elsewhere={alarm().bed}>
      <Link class="button small" href={placeOfAlarm(props.ward.id, props.alarm.id)}>
        <Sign priority={alarm().priority} escalation={props.ward.escalation} flashes={props.alarm.calls} />
        <span>
          {props.alarm.bed_name} · {inLanguage(alarm().title, app.language())}
          <Show when={stands()}>{(words) => <> · {words()}</>}</Show>
        </span>
      </Link>
    </li>
  );
}

/** The same where the page does not show the ward as it is now: it asks by itself. */
export function ElsewhereNow(props: { ward: string; say: Say }): JSX.Element {
  const app = useApp();
  const ward = createQuery<WardView>(() => {
    const path = `/api/wards/${encodeURIComponent(props.ward)}`;
    return (signal) => app.api.get(path, { signal });
  });
  const timer = setInterval(() => ward.reload(), AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  app.onServerEvent(({ kind }) => {
    if (kind === 'alarm' || kind === 'missed') ward.reload();
  });
  const read = createMemo(() => {
    const view = ward.data();
    return view && wardIn(view, app.language());
  });
  return (
    <>
      <Show when={ward.error()}>
        <Notice kind="warn">{props.say('elsewhereUnseen')}</Notice>
      </Show>
      <Show when={read()}>{(view) => <Elsewhere ward={view()} say={props.say} />}</Show>
    </>
  );
}
