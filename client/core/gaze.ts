/** Whether looking chooses in a headset, and after how long: settings of this device, so that who cannot press sets them before they enter. */
import { createSignal } from 'solid-js';
import { DWELLS_S, DWELL_S } from '../xr/dwell';

const KEPT_AS = 'headset-gaze';
const TIME_KEPT_AS = 'headset-gaze-time';
const [chooses, setChooses] = createSignal(globalThis.localStorage?.getItem(KEPT_AS) === 'true');
const [time_s, setTime] = createSignal<number>(timeOf(Number(globalThis.localStorage?.getItem(TIME_KEPT_AS))));

export const gazeChooses = chooses;
/** How long one looks until something is chosen, in seconds. */
export const gazeTime_s = time_s;

export function letGazeChoose(on: boolean): void {
  setChooses(on);
  globalThis.localStorage?.setItem(KEPT_AS, String(on));
}

/** One of those that there are; the usual one for any other. */
export function letGazeTake(seconds: number): void {
  setTime(timeOf(seconds));
  globalThis.localStorage?.setItem(TIME_KEPT_AS, String(time_s()));
}

/** The next longer time; after the longest the shortest. */
export function timeAfter(seconds: number): number {
  return DWELLS_S.find((one) => one > seconds) ?? DWELLS_S[0];
}

function timeOf(seconds: number): number {
  return DWELLS_S.find((one) => one === seconds) ?? DWELL_S;
}
