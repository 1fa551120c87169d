/** One's own figure by a webcam: to turn it on and off, with hands or without, and a sign for as long as it is on. */
import { Show, createEffect, on } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomWebcam } from '../../core/room-webcam';
import { Icon } from '../Icon';
import { Notice } from '../Notice';

/** What keeps it from working, beside what the state itself says. */
const TROUBLES = ['refused', 'no-device', 'busy', 'insecure', 'failed'] as const;

export function WebcamPanel(props: { webcam: RoomWebcam }): JSX.Element {
  const app = useApp();
  const trouble = (): (typeof TROUBLES)[number] | undefined => TROUBLES.find((what) => what === props.webcam.state());
  return (
    <section class="stack" aria-label={app.t('webcam.title')}>
      <h2>{app.t('webcam.title')}</h2>
      <Show when={trouble()}>{(what) => <Notice kind="bad">{app.t(`webcam.trouble.${what()}`)}</Notice>}</Show>
      <div class="stack tight">
        <button type="button" class="button small" data-on={props.webcam.on()} onClick={() => void props.webcam.turn(!props.webcam.on())}>
          <Icon name={props.webcam.on() ? 'stop' : 'camera'} size={16} />
          {app.t(props.webcam.on() ? 'webcam.stop' : 'webcam.start')}
        </button>
        <p class="soft small">{app.t('webcam.hint')}</p>
      </div>
      <div class="stack tight">
        <label>
          <input type="checkbox" data-fingers checked={props.webcam.followsHands()} onChange={(event) => props.webcam.followHands(event.currentTarget.checked)} /> {app.t('webcam.hands')}
        </label>
        <p class="soft small">{app.t('webcam.hands.hint')}</p>
      </div>
      <Show when={props.webcam.hands() === 'failed'}>
        <Notice kind="bad">{app.t('webcam.hands.failed')}</Notice>
      </Show>
    </section>
  );
}

/** Above the room, wherever one looks: the camera is on, what it sees, and the way to turn it off. */
export function WebcamSign(props: { webcam: RoomWebcam }): JSX.Element {
  const app = useApp();
  const now = (): 'asking' | 'starting' | 'seen' | 'no-face' | 'dark' | undefined => {
    const state = props.webcam.state();
    return state === 'asking' || state === 'starting' || state === 'seen' || state === 'no-face' || state === 'dark' ? state : undefined;
  };
  const hands = (): string | undefined => {
    const state = props.webcam.hands();
    if (state === 'off' || state === 'failed') return undefined;
    if (state === 'loading') return app.t('webcam.hands.loading');
    const [one, other] = state;
    return app.t(one === undefined ? 'webcam.hands.none' : other === undefined ? `webcam.hands.${one}` : 'webcam.hands.both');
  };
  createEffect(on(props.webcam.on, (is, was) => {
    if (was !== undefined && is !== was) app.announce(app.t(is ? 'webcam.isOn' : 'webcam.isOff'));
  }));
  return (
    <Show when={now()}>
      {(state) => (
        <section class="recording-strip" data-webcam={state()} aria-label={app.t('webcam.title')}>
          <p class="recording-sign">
            <Icon name="camera" />
            {app.t(`webcam.state.${state()}`)}
            <Show when={hands()}>{(words) => <span data-hands-seen={String(props.webcam.hands())}> {words()}</span>}</Show>
          </p>
          <button type="button" class="button small" onClick={() => void props.webcam.turn(false)}>
            {app.t('webcam.stop')}
          </button>
        </section>
      )}
    </Show>
  );
}
