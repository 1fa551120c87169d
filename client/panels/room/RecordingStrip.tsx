/** Whether the room is recorded: the question with its answers, and the sign that stands there all the time. */
import { Match, Show, Switch } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import { listIn } from '../../core/language';
import type { RoomOrder } from '../../core/room-order';
import type { RoomRecording } from '../../core/room-recording';
import { Icon } from '../Icon';

interface RecordingStripProps {
  readonly recording: RoomRecording;
  readonly order: RoomOrder;
}

export function RecordingStrip(props: RecordingStripProps): JSX.Element {
  const app = useApp();
  const now = (): ReturnType<RoomRecording['now']> => props.recording.now();
  const stop = (words: 'recording.stop' | 'recording.takeBack'): JSX.Element => (
    <Show when={props.order.keeps()}>
      <button type="button" class="button small" onClick={() => props.recording.act({ act: 'stop-recording' })}>
        {app.t(words)}
      </button>
    </Show>
  );
  const answer = (agrees: boolean): void => props.recording.act({ act: 'answer-recording', agrees });
  const missing = (): string => listIn(props.recording.missing().map(({ name }) => name), app.language());
  return (
    <Switch>
      <Match when={now().state === 'running'}>
        <section class="recording-strip" data-recording="running" aria-label={app.t('recording.title')}>
          <p class="recording-sign">
            <Icon name="record" />
            {app.t('recording.running', { at: momentOf(now().since ?? '', app.language()) })}
          </p>
          <button type="button" class="button small" onClick={() => answer(false)}>
            {app.t('recording.withdraw')}
          </button>
          {stop('recording.stop')}
        </section>
      </Match>
      <Match when={now().state === 'asked'}>
        <section class="recording-strip" data-recording="asked" aria-label={app.t('recording.title')}>
          <Show
            when={props.recording.hasAgreed()}
            fallback={
              <>
                <p>{app.t('recording.asked', { name: props.recording.by() })}</p>
                <button type="button" class="button small primary" onClick={() => answer(true)}>
                  {app.t('recording.agree')}
                </button>
              </>
            }
          >
            <p>{app.t('recording.waitsFor', { names: missing() })}</p>
          </Show>
          <button type="button" class="button small" onClick={() => answer(false)}>
            {app.t('recording.disagree')}
          </button>
          {stop('recording.takeBack')}
        </section>
      </Match>
    </Switch>
  );
}

/** Asks everybody whether the room may be recorded; for those who keep order. */
export function AskToRecord(props: RecordingStripProps): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.order.keeps() && props.recording.now().state === 'off'}>
      <div class="stack tight">
        <button type="button" class="button" onClick={() => props.recording.act({ act: 'ask-to-record' })}>
          <Icon name="record" />
          {app.t('recording.ask')}
        </button>
        <p class="soft small">{app.t('recording.askHint')}</p>
      </div>
    </Show>
  );
}
