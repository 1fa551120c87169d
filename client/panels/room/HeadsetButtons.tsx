/** Into virtual or augmented reality, where the browser has them; inside, a panel with tools to read and press. */
import { For, Show, createEffect, createSignal, mergeProps, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { gazeChooses } from '../../core/gaze';
import { seesAsStanding } from '../../core/seated-height';
import type { Stage } from '../../stage/stage';
import { emulateXrIfAsked } from '../../xr/emulate';
import type { Headset } from '../../xr/headset';
import { xrModes } from '../../xr/modes';
import type { XrMode } from '../../xr/modes';
import type { PanelContent } from '../../xr/panel';
import type { SurfaceState } from '../../xr/real-room';
import { Icon } from '../Icon';
import { insidePanel } from './inside';
import { createInside } from './inside-control';
import type { InsideRoom } from './inside-control';

export function HeadsetButtons(props: InsideRoom & { readonly stage: Stage }): JSX.Element {
  const app = useApp();
  const [modes, setModes] = createSignal<readonly XrMode[]>([]);
  const [inside, setInside] = createSignal<Headset>();
  const [mode, setMode] = createSignal<XrMode>('vr');
  const [surface, setSurface] = createSignal<SurfaceState>('none');
  const room = createInside(
    mergeProps(props, {
      get mode() {
        return mode();
      },
      get surface() {
        return surface();
      },
    }),
    app,
  );
  const content = (): PanelContent => insidePanel(room.state(), app.t);

  onMount(async () => {
    if (await emulateXrIfAsked()) {
      window.__xrInside = {
        get stage() {
          return props.stage;
        },
        get headset() {
          return inside();
        },
      };
    }
    const found = await xrModes();
    setModes((['vr', 'ar'] as const).filter((mode) => found[mode]));
  });
  onCleanup(() => void inside()?.exit());

  createEffect(() => {
    const headset = inside();
    if (headset) headset.panel.content = content();
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.recorded = props.recording.now().state === 'running' ? app.t('recording.sign') : undefined;
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.gaze = gazeChooses();
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.standing = seesAsStanding();
  });

  // Nobody is put into another place unasked: in a headset, too, one looks round in it when one wants to.
  createEffect(() => {
    const track = props.around.track();
    if (!inside() || !track || !props.around.looks()) return;
    const video = document.createElement('video');
    video.srcObject = new MediaStream([track]);
    [video.muted, video.playsInline] = [true, true];
    void video.play().catch(() => undefined);
    props.stage.around = video;
    onCleanup(() => {
      props.stage.around = undefined;
      video.srcObject = null;
    });
  });

  async function enter(mode: XrMode): Promise<void> {
    setMode(mode);
    try {
      const { Headset } = await import('../../xr/headset');
      const headset = await Headset.enter(props.stage, mode, content());
      headset.events.on('press', ({ id }) => room.press(headset, id));
      headset.events.on('ended', () => void (setInside(undefined), setSurface('none')));
      headset.events.on('surface', setSurface);
      setSurface(headset.surface);
      headset.gaze = gazeChooses();
      setInside(headset);
    } catch {
      app.toast(app.t('room.xrFailed'));
      app.announce(app.t('room.xrFailed'));
    }
  }

  return (
    <Show
      when={!inside()}
      fallback={
        <button type="button" class="button small" onClick={() => void inside()?.exit()}>
          <Icon name="close" size={16} />
          {app.t('room.leaveXr')}
        </button>
      }
    >
      <For each={modes()}>
        {(mode) => (
          <button
            type="button"
            class="button small headset-button"
            aria-label={app.t(mode === 'vr' ? 'room.enterVr' : 'room.enterAr')}
            onClick={() => void enter(mode)}
          >
            <Icon name="headset" />
            <span class="wide-only">{app.t(mode === 'vr' ? 'room.enterVr' : 'room.enterAr')}</span>
            <span class="narrow-only">{mode.toUpperCase()}</span>
          </button>
        )}
      </For>
    </Show>
  );
}
