/** Alerts that have ended, each with what was done. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { momentOf } from '../../../../client/core/dates';
import { clausesIn, inLanguage } from '../../../../client/core/language';
import type { Part } from './CourseView';
import { endShown } from './shown';

export function Past(props: { part: Part }): JSX.Element {
  const app = useApp();
  const { say } = props.part;
  const past = () => props.part.of.alerts.filter(({ state }) => state === 'closed');
  return (
    <section class="panel" aria-labelledby="follow-alerts">
      <header>
        <h2 id="follow-alerts">{say('alerts')}</h2>
      </header>
      <ul class="panel-body follow-facts">
        <For each={past()} fallback={<li class="soft">{say('noAlerts')}</li>}>
          {(alert) => (
            <li data-past-alert={alert.id}>
              {clausesIn(alert.why.map((one) => inLanguage(one, app.language())), app.language())}
              <br />
              <span class="soft small">
                {say('raised', { at: momentOf(alert.raised_at, app.language(), props.part.of.time_zone) })} ·{' '}
                {endShown(alert, say, app.language(), props.part.of.time_zone)}
              </span>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
