/** What people wait for this person to do; one click leads there. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { momentOf } from '../core/dates';
import { roomPath } from '../core/hospital';
import type { Waiting } from '../core/hospital';
import { Link } from '../core/router';
import { EmptyState } from './EmptyState';
import { Icon } from './Icon';
import type { IconName } from './Icon';

const SIGNS: Readonly<Record<Waiting['kind'], IconName>> = {
  'consult-request': 'consulting',
  'consult-open': 'people',
  sign: 'seal',
  'programme-open': 'document',
  'outcome-due': 'wait',
  'follow-up-due': 'wait',
  'follow-up-overdue': 'alert',
  alert: 'alert',
  referral: 'people',
  visit: 'consulting',
};

export function WaitingList(props: { items: readonly Waiting[] }): JSX.Element {
  const app = useApp();
  const action = (item: Waiting): string => app.t(item.kind === 'sign' ? 'waiting.sign.enter' : 'waiting.enter');
  /** From whom it is, or with whom, where that is somebody else than the patient. */
  const whom = (item: Waiting): string => {
    if (item.from.name === item.patient.name) return '';
    return `${app.t(item.kind === 'consult-request' ? 'waiting.from' : 'waiting.with', { name: item.from.name })} · `;
  };
  return (
    <Show
      when={props.items.length > 0}
      fallback={<EmptyState icon="check" title={app.t('home.waitingNone')} hint={app.t('home.waitingNoneHint')} />}
    >
      <ul class="waiting">
        <For each={props.items}>
          {(item) => (
            <li data-accent="consulting" data-waiting={item.id}>
              <span class="room-sign">
                <Icon name={SIGNS[item.kind]} />
              </span>
              <div class="waiting-words">
                <p>
                  <strong>{item.patient.name}</strong>
                  <span class="soft small">
                    {' '}
                    {app.t(`waiting.${item.kind}`)} · {whom(item)}
                    <time dateTime={item.at}>{momentOf(item.at, app.language())}</time>
                  </span>
                </p>
                <Show when={item.reason}>
                  <p class="waiting-reason">{item.reason}</p>
                </Show>
              </div>
              <Link
                class="button primary small"
                href={item.path ?? roomPath(item.room)}
                aria-label={app.t('waiting.about', { action: action(item), name: item.patient.name })}
              >
                {action(item)}
              </Link>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}
