/** Lung function in plain words, for the patient. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { asideIn, clausesIn, colonIn, inLanguage } from '../../../../client/core/language';
import type { OwnSession } from './found';
import { figure } from './shown';
import type { Say } from './words';

export function OwnSpirometry(props: { sessions: readonly OwnSession[]; say: Say }): JSX.Element {
  return (
    <section class="stack" data-own-spirometry="">
      <h3>{props.say('spirometry')}</h3>
      <Show when={props.sessions.length > 0} fallback={<p class="soft">{props.say('ownNoSpirometry')}</p>}>
        <p>{props.say('ownSpirometryHint')}</p>
        <For each={props.sessions.slice(0, 1)}>{(session) => <Session session={session} say={props.say} />}</For>
        <Show when={props.sessions.length > 1}>
          <details>
            <summary>{props.say('earlierSessions', { n: props.sessions.length - 1 })}</summary>
            <For each={props.sessions.slice(1)}>{(session) => <Session session={session} say={props.say} />}</For>
          </details>
        </Show>
      </Show>
    </section>
  );
}

function Session(props: { session: OwnSession; say: Say }): JSX.Element {
  const app = useApp();
  const text = (value: { zh: string; en: string }): string => inLanguage(value, app.language());
  const value = ({ measure, value: found }: OwnSession['measures'][number]): string =>
    measure === 'ratio' ? figure(found, 2, props.say) : `${figure(found, 2, props.say)} L`;
  const compared = ({ expected }: OwnSession['measures'][number]): string => {
    if (expected === null) return props.say('unknown');
    if (expected.result.state === 'not-assessable')
      return props.say('notAssessable', { why: clausesIn(expected.result.missing.map(({ why }) => text(why)), app.language()) });
    const z = props.say('zScore', { z: figure(expected.result.value.z_score ?? null, 2, props.say) });
    return expected.severity === null ? z : `${text(expected.severity.label)}${asideIn(z, app.language())}`;
  };
  return (
    <article class="follow-session" data-session={props.session.day} data-checked={props.session.checked ? 'yes' : 'no'}>
      <p>
        <strong>{dayOf(props.session.day, app.language())}</strong> · {props.say(props.session.after ? 'plain.after' : 'plain.before')}{' '}
        <span class={`chip ${props.session.checked ? 'good' : 'warn'}`}>{props.say(props.session.checked ? 'checked' : 'notChecked')}</span>
      </p>
      <ul class="follow-facts">
        <For each={props.session.measures}>
          {(one) => (
            <li data-measure={one.measure}>
              {props.say(`plain.${one.measure}`)}{colonIn(app.language())}<strong>{value(one)}</strong> · {compared(one)}
            </li>
          )}
        </For>
      </ul>
      <p class="soft">
        {props.session.grade === null ? props.say('notGradedWhy') : props.say('ownGrade', { grade: props.session.grade })}{' '}
        <Show when={props.session.equations}>{(title) => <>{props.say('comparedBy', { equations: text(title()) })} </>}</Show>
        <Show when={props.session.device}>{(device) => <>{props.say('byDevice', { device: device() })} · </>}</Show>
        {props.say('keptBy', { name: props.session.by })}
      </p>
    </article>
  );
}
