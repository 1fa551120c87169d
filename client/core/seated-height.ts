/** Whether somebody who sits sees a room in a headset from the height of who stands: a setting of this device. */
import { createSignal } from 'solid-js';

const KEPT_AS = 'headset-standing-height';
const [standing, setStanding] = createSignal(globalThis.localStorage?.getItem(KEPT_AS) === 'true');

export const seesAsStanding = standing;

export function seeAsStanding(on: boolean): void {
  setStanding(on);
  globalThis.localStorage?.setItem(KEPT_AS, String(on));
}
