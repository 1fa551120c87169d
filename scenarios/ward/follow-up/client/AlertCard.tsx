/** The alert that goes on: why, who has it, when it goes on to somebody else, and what was done. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import type { Zone } from '../../../../client/core/dates';
import { clausesIn, inLanguage } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import { CalledOut } from '../../../../client/panels/CalledOut';
import { Field } from '../../../../client/panels/Field';
import type { Again, Alert } from './course';
import type { Part } from './CourseView';
import type { Say } from './words';

export function AlertCard(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const zone = (): Zone => props.part.of.time_zone;
  const moment = (at: string): string => momentOf(at, app.language(), zone());
  return (
    <Show when={props.part.of.alert}>
      {(alert) => (
        <section class="panel follow-alert" aria-labelledby="follow-alert" data-alert={alert().state}>
          <header>
            <h2 id="follow-alert">
              <span aria-hidden="true">▲ </span>
              {say('alertTitle')}
            </h2>
          </header>
          <div class="panel-body stack">
            <ul class="follow-facts">
              <For each={alert().why}>{(one) => <li>{inLanguage(one, app.language())}</li>}</For>
              <For each={alert().again}>{(one) => <li data-again>{againShown(one, say, app.language(), zone())}</li>}</For>
            </ul>
            <p class="soft small">
              {say('raised', { at: moment(alert().raised_at) })}
              <Show when={alert().taken_by}>
                {(who) => <> · {say('takenBy', { name: who().name, at: moment(alert().taken_at ?? '') })}</>}
              </Show>
              <Show when={alert().lapses_at}>{(at) => <> · {say('lapses', { at: moment(at()) })}</>}</Show>
              <Escalation alert={alert()} part={props.part} />
            </p>
            <CalledOut about={alert().id} />
            <Show when={alert().state === 'open'}>
              <div class="row">
                <button
                  type="button"
                  class="button primary"
                  onClick={() => void props.part.act('take', { alert: alert().id })}
                >
                  {say('take')}
                </button>
              </div>
            </Show>
            <Show when={alert().state === 'taken' && alert().taken_by?.id === app.me()?.id}>
              <Outcome part={props.part} alert={alert()} />
            </Show>
          </div>
        </section>
      )}
    </Show>
  );
}

/** What came after an alert was raised, in words. */
function againShown(again: Again, say: Say, language: Language, zone: Zone): string {
  const at = momentOf(again.at, language, zone);
  const why = clausesIn((again.why ?? []).map((one) => inLanguage(one, language)), language);
  if (why !== '') return say('alsoSince', { at, why });
  return again.held_by === undefined ? say('handedOverAlert', { at }) : say('lapsed', { at, name: again.held_by.name });
}

function Escalation(props: { alert: Alert; part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const names = (): string => {
    const { second, team } = props.part.of;
    const all = second === null ? (team ?? []) : [second];
    return all.map(({ name }) => name).join(app.language() === 'zh' ? '、' : ', ');
  };
  return (
    <Show when={names() !== ''} fallback={<> · {say('nobodyTreats')}</>}>
      <Show
        when={props.alert.escalated}
        fallback={
          <Show when={props.alert.state === 'open'}>
            {' · '}
            {say('escalates', { name: names(), at: momentOf(props.alert.escalates_at, app.language(), props.part.of.time_zone) })}
          </Show>
        }
      >
        {' · '}
        {say('escalated', { name: names() })}
      </Show>
    </Show>
  );
}

function Outcome(props: { part: Part; alert: Alert }): JSX.Element {
  const [words, setWords] = createSignal('');
  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    void props.part.act('close', { alert: props.alert.id, outcome: words() });
  };
  return (
    <form class="follow-form" data-form="close" onSubmit={send} noValidate>
      <Field label={props.part.say('outcome')}>
        {(control) => (
          <textarea {...control} class="input" name="outcome" rows="2" onInput={(event) => setWords(event.currentTarget.value)} />
        )}
      </Field>
      <div class="row">
        <button type="submit" class="button primary">
          {props.part.say('close')}
        </button>
      </div>
    </form>
  );
}
