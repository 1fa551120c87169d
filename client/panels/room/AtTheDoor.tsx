/** What somebody at the door is told, and what they can do there. */
import { Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import type { AtDoor, Threshold } from '../../../contract/room';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import type { RoomClient } from '../../room/room-client';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';
import { Notice } from '../Notice';
import { AppealState } from './AppealState';
import { Plea, refusedBy } from './Plea';

interface AtTheDoorProps {
  readonly threshold: Threshold;
  readonly client: RoomClient;
}

export function AtTheDoor(props: AtTheDoorProps): JSX.Element {
  const app = useApp();
  const title = (): string => {
    const { state, until } = props.threshold;
    if (state === 'recorded' || state === 'while-recorded') return app.t('recording.door');
    if (state === 'full') return app.t('door.full');
    if (state === 'licence') return app.t('door.licence');
    if (state === 'companion') return app.t('door.companionWaits');
    if (state === 'blocked') return app.t('door.blocked', { until: until ? momentOf(until, app.language()) : '' });
    return state === 'put-out' ? app.t('door.put-out') : app.t('door.waiting');
  };
  const hint = (): string => {
    const { state, host } = props.threshold;
    if (state === 'recorded') return app.t('recording.doorHint');
    if (state === 'while-recorded') return app.t('recording.doorWait');
    if (state === 'full') return app.t('door.fullHint');
    if (state === 'licence') return app.t('door.licenceHint');
    if (state === 'companion') return app.t('door.companion');
    return host === null ? app.t('door.noHost') : app.t('door.waitingFor', { host });
  };
  const [wrong, setWrong] = createSignal<string>();
  // A refusal is of the question that was asked then.
  createEffect(on(() => props.threshold.state, () => setWrong(undefined)));
  const agree = async (): Promise<void> => {
    setWrong(undefined);
    try {
      await props.client.act({ act: 'answer-recording', agrees: true });
    } catch (error) {
      setWrong(refusedBy(error, app.language()));
    }
  };
  // The door says anew how one stands there whenever anything of it changes; only other words are news.
  const said = createMemo(() => (props.threshold.state === 'blocked' ? title() : `${title()}. ${hint()}`));
  createEffect(on(said, (words) => app.announce(words)));
  return (
    <section class="stack" data-at-door={props.threshold.state} aria-label={app.t('door.title')}>
      <h2 class="row">
        <Icon name={ICONS[props.threshold.state] ?? 'wait'} />
        {title()}
      </h2>
      <Show when={props.threshold.reason}>
        {(reason) => <Notice kind="warn">{app.t('door.reason', { reason: reason() })}</Notice>}
      </Show>
      <Show when={props.threshold.state !== 'blocked'}>
        <p>{hint()}</p>
      </Show>
      <Show when={props.threshold.sanction}>
        {(sanction) => (
          <Show
            when={sanction().appeal}
            fallback={<Plea kind="appeal" ask={(reason) => props.client.act({ act: 'appeal', against: sanction().grade, reason })} />}
          >
            {(appeal) => <AppealState appeal={appeal()} over={sanction().over} />}
          </Show>
        )}
      </Show>
      <Show when={props.threshold.sanction}>
        <a class="small" href="/sanctions" target="_blank" rel="noopener">
          {app.t('sanctions.link')}
        </a>
      </Show>
      <Show when={props.threshold.state === 'recorded'}>
        <button type="button" class="button primary" onClick={() => void agree()}>
          {app.t('recording.doorAgree')}
        </button>
        <Show when={wrong()}>{(words) => <Notice kind="bad">{words()}</Notice>}</Show>
      </Show>
      <Show when={props.threshold.state === 'licence'}>
        {/* In a tab of its own: whoever passes comes in here by themselves. */}
        <a class="button primary" href="/licence" target="_blank" rel="noopener">
          {app.t('door.licenceExam')}
        </a>
      </Show>
      <Show when={props.threshold.may_come_urgently}>
        <Plea kind="come-urgently" ask={(reason) => props.client.act({ act: 'come-urgently', reason })} />
      </Show>
    </section>
  );
}

const ICONS: Partial<Record<AtDoor, IconName>> = { blocked: 'alert', recorded: 'record', 'while-recorded': 'record', licence: 'alert' };
