/** What happened to an alarm, and the samples that it stands on. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { clausesIn } from '../../../../client/core/language';
import type { Language } from '../../../../client/core/language';
import { CalledOut } from '../../../../client/panels/CalledOut';
import type { Stepped } from '../../../../contract/alarms';
import { readingSaid } from './said';
import { clock } from './ward';
import type { AlarmView, WardView } from './ward';
import { roleIn, sayIn } from './words';
import type { Say } from './words';

function words(step: Stepped, say: Say, nameOf: (id: string) => string, language: Language): string {
  switch (step.step) {
    case 'told':
      return say('step-told', { to: roleIn(say, step.to) });
    case 'paused':
      return say('step-paused', { who: nameOf(step.by), at: clock(step.until, language) });
    case 'closed':
      return say('step-closed', { who: nameOf(step.by), how: say(step.outcome) });
    case 'taken':
    case 'given-back':
    case 'plan-started':
      return say(`step-${step.step}`, { who: nameOf(step.by) });
    case 'said':
      return say('step-said', { words: clausesIn(step.words, language) });
    default:
      return say(`step-${step.step}`);
  }
}

export function AlarmSteps(props: { alarm: AlarmView; ward: WardView; nameOf(id: string): string }): JSX.Element {
  const app = useApp();
  const say = sayIn(app.language);
  const [open, setOpen] = createSignal(false);
  const read = () =>
    props.alarm.alarm.steps.flatMap((step) => (step.step === 'raised' || step.step === 'back' ? step.read : []));
  const list = (steps: readonly Stepped[]): JSX.Element => (
    <ol class="alarm-steps">
      <For each={steps}>
        {(step) => (
          <li>
            {clock(step.at, app.language())} {words(step, say, props.nameOf, app.language())}
          </li>
        )}
      </For>
    </ol>
  );
  return (
    <details class="small" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say('steps')}</summary>
      {list(props.alarm.alarm.steps)}
      <Show when={props.alarm.here.length > 0}>
        <h4>{say('here-meanwhile')}</h4>
        {list(props.alarm.here)}
      </Show>
      <Show when={open()}>
        <CalledOut about={props.alarm.id} />
      </Show>
      <Show when={read().length > 0}>
        <h4>{say('samples')}</h4>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{say('signal')}</th>
              <th scope="col" class="numeric">
                {say('value')}
              </th>
              <th scope="col">{say('time')}</th>
              <th scope="col">{say('source')}</th>
            </tr>
          </thead>
          <tbody>
            <For each={read()}>
              {(one) => {
                const said = () => readingSaid(one, props.ward, app.language());
                return (
                  <tr>
                    <td>{said().name}</td>
                    <td class="numeric">{said().value}</td>
                    <td>{clock(one.at, app.language())}</td>
                    <td>
                      {props.alarm.sources[one.signal]?.device ?? '–'} {props.alarm.sources[one.signal]?.stream}
                    </td>
                  </tr>
                );
              }}
            </For>
          </tbody>
        </table>
      </Show>
    </details>
  );
}
