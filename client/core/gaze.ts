/** Whether looking chooses in a headset: a setting of this device, so that who cannot press sets it before they enter. */
import { createSignal } from 'solid-js';

const KEPT_AS = 'headset-gaze';
const [chooses, setChooses] = createSignal(globalThis.localStorage?.getItem(KEPT_AS) === 'true');

export const gazeChooses = chooses;

export function letGazeChoose(on: boolean): void {
  setChooses(on);
  globalThis.localStorage?.setItem(KEPT_AS, String(on));
}
