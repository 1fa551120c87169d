/** How fast a heart and lungs move: as their rates are measured now, and not at all where they are not. */
import { rateOf, vitalOf } from './ward';
import type { BedView, VitalNow } from './ward';
import type { Say } from './words';

const SECONDS_A_MINUTE = 60;
/** The share of a beat in which a heart is smaller; lungs take a breath in over all of it. */
const SYSTOLE = 0.38;
const SMALLER = 0.12;
const WIDER = [0.05, 0.07, 0.09] as const;

/** Seconds of one beat and of one breath; none where it is not measured now. */
export interface Pace {
  readonly heart: number | undefined;
  readonly lungs: number | undefined;
}

export const NO_PACE: Pace = { heart: undefined, lungs: undefined };

function secondsOf(vital: VitalNow | undefined): number | undefined {
  return vital?.fresh && vital.value !== undefined && vital.value > 0 ? SECONDS_A_MINUTE / vital.value : undefined;
}

export function paceOf(bed: BedView): Pace {
  return { heart: secondsOf(rateOf(bed)), lungs: secondsOf(vitalOf(bed, 'respiratory-rate')) };
}

export const moves = ({ heart, lungs }: Pace): boolean => heart !== undefined || lungs !== undefined;

/** The rate in words. */
export function paceText(seconds: number | undefined, say: Say): string {
  return seconds === undefined ? say('notNow') : say('perMinute', { n: Math.round(SECONDS_A_MINUTE / seconds) });
}

/** A phase from 0 to 1, some seconds later. What is not measured comes to rest at its begin. */
export function turned(phase: number, period_s: number | undefined, seconds: number): number {
  return period_s === undefined ? 0 : (phase + seconds / period_s) % 1;
}

export function heartScale(phase: number): number {
  return phase < SYSTOLE ? 1 - SMALLER * Math.sin((phase / SYSTOLE) * Math.PI) ** 2 : 1;
}

export function lungScale(phase: number): [number, number, number] {
  const full = (1 - Math.cos(phase * 2 * Math.PI)) / 2;
  return [1 + WIDER[0] * full, 1 + WIDER[1] * full, 1 + WIDER[2] * full];
}
