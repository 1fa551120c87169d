/** How fine the rays through a volume may be in a headset: as fine as its pace of frames bears. */

/** Headsets that do not say their pace show so many frames a second. */
export const FRAMES_A_SECOND = 72;
const FINEST_mm = 1.4;
const WIDEST_mm = 7;
/** A frame that took longer than this share of its time has missed its turn: the next one is shown a whole turn later. */
const MISSED = 1.25;
/** Wider at once, and finer by and by: of fifty frames one tries what was too fine before. */
const WIDER = 1.1;
const FINER = 0.998;

/** The steps of the frame after one that took so many seconds. */
export function stepsAfter(step_mm: number, seconds: number, framesASecond: number): number {
  const next = step_mm * (seconds * framesASecond > MISSED ? WIDER : FINER);
  return Math.min(WIDEST_mm, Math.max(FINEST_mm, next));
}
