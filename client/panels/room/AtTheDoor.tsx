/** What somebody at the door is told, and what they can do there. */
import { Show, createEffect, createMemo, createSignal, on } from 'solid-js';
import type { JSX } from 'solid-js';
import type { AtDoor, Threshold } from '../../../contract/room';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { inLanguage } from '../../core/language';
import { ActError } from '../../room/pending';
import type { RoomClient } from '../../room/room-client';
import { Icon } from '../Icon';
import type { IconName } from '../Icon';
import { Notice } from '../Notice';
import { ReasonField } from '../ReasonField';

interface AtTheDoorProps {
  readonly threshold: Threshold;
  readonly client: RoomClient;
}

export function AtTheDoor(props: AtTheDoorProps): JSX.Element {
  const app = useApp();
  const title = (): string => {
    const { state, until } = props.threshold;
    if (state === 'recorded') return app.t('recording.door');
    if (state === 'licence') return app.t('door.licence');
    if (state === 'companion') return app.t('door.companionWaits');
    if (state === 'blocked') return app.t('door.blocked', { until: until ? momentOf(until, app.language()) : '' });
    return state === 'put-out' ? app.t('door.put-out') : app.t('door.waiting');
  };
  const hint = (): string => {
    const { state, host } = props.threshold;
    if (state === 'recorded') return app.t('recording.doorHint');
    if (state === 'licence') return app.t('door.licenceHint');
    if (state === 'companion') return app.t('door.companion');
    return host === null ? app.t('door.noHost') : app.t('door.waitingFor', { host });
  };
  // Who is let in, or may not agree, hears of it by the door itself.
  const agree = (): void => void props.client.act({ act: 'answer-recording', agrees: true }).catch(() => undefined);
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
      <Show when={props.threshold.state === 'blocked'}>
        <Show when={!props.threshold.has_appealed} fallback={<Notice kind="good">{app.t('door.appealed')}</Notice>}>
          <Plea client={props.client} act="appeal" />
        </Show>
      </Show>
      <Show when={props.threshold.state === 'recorded'}>
        <button type="button" class="button primary" onClick={agree}>
          {app.t('recording.doorAgree')}
        </button>
      </Show>
      <Show when={props.threshold.state === 'licence'}>
        {/* In a tab of its own: whoever passes comes in here by themselves. */}
        <a class="button primary" href="/licence" target="_blank" rel="noopener">
          {app.t('door.licenceExam')}
        </a>
      </Show>
      <Show when={props.threshold.may_come_urgently}>
        <Plea client={props.client} act="come-urgently" />
      </Show>
    </section>
  );
}

const ICONS: Partial<Record<AtDoor, IconName>> = { blocked: 'alert', recorded: 'record', licence: 'alert' };

const WORDS = {
  appeal: { title: 'door.appeal', hint: 'door.appealHint', send: 'door.send' },
  'come-urgently': { title: 'door.urgent', hint: 'door.urgentHint', send: 'door.comeIn' },
} as const;

/** Something that is asked for by saying why. */
function Plea(props: { client: RoomClient; act: keyof typeof WORDS }): JSX.Element {
  const app = useApp();
  const [reason, setReason] = createSignal('');
  const [wrong, setWrong] = createSignal<string>();
  const words = (): (typeof WORDS)[keyof typeof WORDS] => WORDS[props.act];
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setWrong(undefined);
    try {
      await props.client.act({ act: props.act, reason: reason() });
    } catch (error) {
      // Who comes in, or is put out meanwhile, leaves this page.
      if (error instanceof ActError && error.reason !== 'outcome-unknown' && error.reason !== 'closed')
        setWrong(inLanguage(error.text, app.language()));
    }
  };
  return (
    <details class="door-plea" data-plea={props.act}>
      <summary>{app.t(words().title)}</summary>
      <form class="stack" onSubmit={(event) => void send(event)} noValidate>
        <ReasonField label={app.t('door.why')} hint={app.t(words().hint)} wrong={wrong()} longest={300} value={reason()} onInput={setReason} />
        <button type="submit" class="button">
          {app.t(words().send)}
        </button>
      </form>
    </details>
  );
}
