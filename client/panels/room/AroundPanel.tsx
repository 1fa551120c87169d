/** Showing the room all that is around a place: by a camera or a film, and ending it; and that somebody does so. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { RoomAround } from '../../core/room-around';
import type { RoomOrder } from '../../core/room-order';
import type { RoomVoice } from '../../core/room-voice';
import { Field } from '../Field';
import { Icon } from '../Icon';
import { Notice } from '../Notice';

interface AroundPanelProps {
  readonly around: RoomAround;
  readonly voice: RoomVoice;
  readonly order: RoomOrder;
}

export function AroundPanel(props: AroundPanelProps): JSX.Element {
  const app = useApp();
  const mayShow = (): boolean => ['host', 'speaker'].includes(props.order.own()?.standing ?? '');
  return (
    <Show when={mayShow() || props.around.by()}>
      <section class="stack tight around-panel" aria-labelledby="around-title">
        <h2 class="legend" id="around-title">{app.t('around.title')}</h2>
        <Show when={props.around.by()} fallback={<p class="soft small">{app.t('around.hint')}</p>}>
          {(by) => (
            <p class="small">
              {app.t(props.around.isOwn() ? 'around.own' : 'around.by', { name: by().name })}{' '}
              <AroundButtons {...props} />
            </p>
          )}
        </Show>
        <Show when={mayShow() && !props.around.by()}>
          <Show when={props.voice.state() === 'in'} fallback={<p class="soft small">{app.t('around.in')}</p>}>
            <Begin {...props} />
          </Show>
        </Show>
      </section>
    </Show>
  );
}

function Begin(props: AroundPanelProps): JSX.Element {
  const app = useApp();
  const [device, setDevice] = createSignal('');
  const cameras = (): readonly MediaDeviceInfo[] => props.voice.devices().filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== '');
  return (
    <>
      <p class="soft small">{app.t('around.seen')}</p>
      <Show when={cameras().length > 1}>
        <Field label={app.t('around.camera')}>
          {(control) => (
            <select {...control} class="input" value={device()} onChange={(event) => setDevice(event.currentTarget.value)}>
              <option value="">{app.t('voice.device.usual')}</option>
              <For each={cameras()}>
                {(one, at) => <option value={one.deviceId}>{one.label || app.t('voice.device.other', { number: at() + 1 })}</option>}
              </For>
            </select>
          )}
        </Field>
      </Show>
      <button type="button" class="button" onClick={() => void props.around.begin({ kind: 'camera', device: device() })}>
        <Icon name="camera" />
        {app.t('around.fromCamera')}
      </button>
      <Field label={app.t('around.fromFile')} hint={app.t('around.fileHint')}>
        {(control) => (
          <input
            {...control}
            type="file"
            accept="video/*"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file) void props.around.begin({ kind: 'file', file });
              event.currentTarget.value = '';
            }}
          />
        )}
      </Field>
      <Show when={props.around.noFilm()}>
        <Notice kind="bad">{app.t('around.noFile')}</Notice>
      </Show>
    </>
  );
}

/** What can be done about it, or why it is not seen. */
function AroundButtons(props: { around: RoomAround; order: RoomOrder }): JSX.Element {
  const app = useApp();
  return (
    <>
      <Show when={props.around.missing()}>{(what) => <span class="soft">{app.t(`around.missing.${what()}`)} </span>}</Show>
      <Show when={props.around.track() && !props.around.looks()}>
        <button type="button" class="button small" onClick={() => props.around.look(true)}>
          {app.t('around.look')}
        </button>{' '}
      </Show>
      <Show when={props.around.isOwn() || props.order.keeps()}>
        <button type="button" class="button small" onClick={() => props.around.end()}>
          {app.t('around.end')}
        </button>
      </Show>
    </>
  );
}

/** Said on the stage while somebody shows one. */
export function AroundWords(props: { around: RoomAround; order: RoomOrder }): JSX.Element {
  const app = useApp();
  return (
    <Show when={props.around.by()}>
      {(by) => (
        <p class="stage-progress" data-around={props.around.isOwn() ? 'own' : 'other'}>
          {app.t(props.around.isOwn() ? 'around.own' : 'around.by', { name: by().name })} <AroundButtons {...props} />
        </p>
      )}
    </Show>
  );
}
