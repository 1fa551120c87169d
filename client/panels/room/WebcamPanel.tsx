/** One's own figure by a webcam: to turn it on and off, and a sign for as long as it is on. */
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
      <div>
        <button type="button" class="button small" aria-pressed={props.webcam.on()} onClick={() => void props.webcam.turn(!props.webcam.on())}>
          <Icon name={props.webcam.on() ? 'stop' : 'camera'} size={16} />
          {app.t(props.webcam.on() ? 'webcam.stop' : 'webcam.start')}
        </button>
        <p class="soft small">{app.t('webcam.hint')}</p>
      </div>
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
          </p>
          <button type="button" class="button small" onClick={() => void props.webcam.turn(false)}>
            {app.t('webcam.stop')}
          </button>
        </section>
      )}
    </Show>
  );
}
