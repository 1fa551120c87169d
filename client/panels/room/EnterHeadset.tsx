/** Into virtual or augmented reality, where the browser has them, and out again; inside, a panel says what it is given. */
import { For, Show, createEffect, createSignal, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { gazeChooses, gazeTime_s } from '../../core/gaze';
import { seesAsStanding } from '../../core/seated-height';
import type { Space } from '../../stage/space';
import { emulateXrIfAsked } from '../../xr/emulate';
import type { Headset } from '../../xr/headset';
import { xrModes } from '../../xr/modes';
import type { XrMode } from '../../xr/modes';
import type { PanelContent } from '../../xr/panel';
import { Icon } from '../Icon';
import type { WornHeadset } from './worn';

interface EnterHeadsetProps {
  readonly stage: Space;
  readonly worn: WornHeadset;
  readonly content: PanelContent;
  /** What is said before the eyes wherever they look. */
  readonly sign: string | undefined;
  onPress(headset: Headset, id: string): void;
}

export function EnterHeadset(props: EnterHeadsetProps): JSX.Element {
  const app = useApp();
  const [modes, setModes] = createSignal<readonly XrMode[]>([]);
  const inside = (): Headset | undefined => props.worn.headset();

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
    if (headset) headset.panel.content = props.content;
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.recorded = props.sign;
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.gaze = gazeChooses();
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.dwell.time_s = gazeTime_s();
  });
  createEffect(() => {
    const headset = inside();
    if (headset) headset.standing = seesAsStanding();
  });

  async function enter(mode: XrMode): Promise<void> {
    try {
      await props.worn.enter(props.stage, mode, () => props.content, (headset, id) => props.onPress(headset, id));
    } catch {
      app.toast(() => app.t('room.xrFailed'));
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
