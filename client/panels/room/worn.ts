/** How a headset is worn in a room or a replay, as the page around it follows it. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Space } from '../../stage/space';
import type { Headset, Sought } from '../../xr/headset';
import type { XrMode } from '../../xr/modes';
import type { PanelContent } from '../../xr/panel';
import type { SurfaceState } from '../../xr/real-room';

/** What there is to know of it. */
export interface HowWorn {
  readonly mode: XrMode;
  readonly surface: SurfaceState;
  /** What goes where the eyes rest next. */
  readonly seeking: Sought | undefined;
  /** Whether the panel is before the eyes. */
  readonly readsPanel: boolean;
}

export interface WornHeadset extends HowWorn {
  readonly headset: Accessor<Headset | undefined>;
  /** Enters the stage; to be called from a click. Rejects where the device does not let in. */
  enter(stage: Space, mode: XrMode, content: () => PanelContent, press: (headset: Headset, id: string) => void): Promise<void>;
}

export function createWorn(): WornHeadset {
  const [headset, setHeadset] = createSignal<Headset>();
  const [mode, setMode] = createSignal<XrMode>('vr');
  const [surface, setSurface] = createSignal<SurfaceState>('none');
  const [seeking, setSeeking] = createSignal<Sought>();
  const [readsPanel, setReadsPanel] = createSignal(false);
  return {
    headset,
    get mode() {
      return mode();
    },
    get surface() {
      return surface();
    },
    get seeking() {
      return seeking();
    },
    get readsPanel() {
      return readsPanel();
    },
    async enter(stage, wanted, content, press) {
      setMode(wanted);
      const { Headset } = await import('../../xr/headset');
      const entered = await Headset.enter(stage, wanted, content());
      entered.events.on('press', ({ id }) => press(entered, id));
      entered.events.on('ended', () => void (setHeadset(undefined), setSurface('none'), setSeeking(undefined), setReadsPanel(false)));
      entered.events.on('surface', setSurface);
      entered.events.on('seeking', setSeeking);
      entered.events.on('reads', setReadsPanel);
      setSurface(entered.surface);
      setHeadset(entered);
    },
  };
}
