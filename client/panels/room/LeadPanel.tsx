/** Showing the others the way, and bringing them all here; or following, and leaving off. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomLead } from '../../core/room-lead';
import { Icon } from '../Icon';

interface LeadPanelProps {
  readonly lead: RoomLead;
  /** Whether one works here, and there is a view to show. */
  readonly able: boolean;
}

export function LeadPanel(props: LeadPanelProps): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.able}>
      <div class="row" role="group" aria-label={app.t('lead.title')}>
        <button type="button" class="button" data-on={props.lead.isOwn()} onClick={() => void props.lead.lead(!props.lead.isOwn())}>
          <Icon name="lead" />
          {app.t(props.lead.isOwn() ? 'lead.end' : 'lead.begin')}
        </button>
        <button type="button" class="button" onClick={() => void props.lead.gather()}>
          <Icon name="gather" />
          {app.t('lead.gather')}
        </button>
      </div>
    </Show>
  );
}

/** Said on the stage while somebody shows the way. */
export function LeadWords(props: { lead: RoomLead }): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.lead.leader()}>
      {(leader) => (
        <p class="stage-progress" data-lead={props.lead.isOwn() ? 'own' : props.lead.follows() ? 'followed' : 'left'}>
          {app.t(props.lead.isOwn() ? 'lead.own' : 'lead.by', { name: leader().name })}{' '}
          <Show when={!props.lead.isOwn()} fallback={
            <button type="button" class="button small" onClick={() => void props.lead.lead(false)}>{app.t('lead.end')}</button>
          }>
            <button type="button" class="button small" onClick={() => props.lead.follow(!props.lead.follows())}>
              {app.t(props.lead.follows() ? 'lead.leave' : 'lead.follow')}
            </button>
          </Show>
        </p>
      )}
    </Show>
  );
}
