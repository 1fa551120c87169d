/** A priority by shape, word and colour. */
import { Match, Switch } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { inLanguage } from '../../../../client/core/language';
import type { Escalation } from '../../../../contract/alarms';
import { flashed } from './ward';
import type { Priority } from './ward';

export function Sign(props: { priority: Priority; escalation: Escalation; flashes?: boolean }): JSX.Element {
  const app = useApp();
  const signalling = () => props.escalation[props.priority].signalling;
  return (
    <span class="priority" data-priority={props.priority} style={props.flashes ? flashed(signalling()) : {}}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <Switch>
          <Match when={props.priority === 'high'}>
            <path d="M8 1 15 15H1Z" />
          </Match>
          <Match when={props.priority === 'medium'}>
            <path d="M8 1 15 8 8 15 1 8Z" />
          </Match>
          <Match when={props.priority === 'low'}>
            <circle cx="8" cy="8" r="6" />
          </Match>
        </Switch>
      </svg>
      {inLanguage(signalling().word, app.language())}
    </span>
  );
}
