import type { XRDevice } from 'iwer';
import type { Space } from '../stage/space';
import type { Stage } from '../stage/stage';
import type { Headset } from './headset';

declare global {
  interface Window {
    /** Set by a test before the page loads: the name of the headset to emulate. */
    __yuanyiEmulateXr?: string;
    /** The emulated headset, for tests to drive. */
    __xr?: XRDevice;
    /** What such a test looks at: there only where a headset is emulated. */
    __xrInside?: Inside;
  }
}

/** What is walked: a room around a hologram, or a ward, which has none. */
type Visited = Pick<Space, 'renderer' | 'scene'> & { readonly rig: Pick<Space['rig'], 'rig'> & Partial<Pick<Space['rig'], 'camera'>> } & Partial<Pick<Stage, 'shared' | 'hologram' | 'surroundings' | 'ownView' | 'things'>>;

/** The stage that is open, and the headset while somebody is inside. */
export interface Inside {
  readonly stage: Visited;
  readonly headset: Pick<Headset, 'panel'> | undefined;
}

/**
 * Puts an emulated headset in the place of a real one, if a test asked for it before the page loaded
 * (`window.__yuanyiEmulateXr = 'metaQuest3'`), or a build made with `VITE_EMULATE_XR` is opened with
 * `?emulate-xr=metaQuest3`. Nobody else loads the emulator. To be awaited before `xrModes()`.
 */
export async function emulateXrIfAsked(): Promise<XRDevice | undefined> {
  const allowed: unknown = import.meta.env['VITE_EMULATE_XR'];
  const name = window.__yuanyiEmulateXr ?? (allowed ? new URLSearchParams(location.search).get('emulate-xr') : null);
  if (!name || window.__xr) return window.__xr;
  const iwer = await import('iwer');
  const headsets = { metaQuest2: iwer.metaQuest2, metaQuest3: iwer.metaQuest3, metaQuestPro: iwer.metaQuestPro };
  const headset = headsets[name as keyof typeof headsets] ?? iwer.metaQuest3;
  const device = new iwer.XRDevice(headset, { stereoEnabled: true });
  // Chromium without a headset has a runtime too; it is the one to be replaced.
  device.installRuntime({ forceInstall: true });
  device.position.set(0, 1.6, 0);
  window.__xr = device;
  return device;
}
