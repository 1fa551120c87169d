/** What makes a drawn person look alive: lids that close now and then, eyes that look where something is. */
import { Quaternion, type Vector3 } from 'three';

/** People blink about this often, and for this long. */
const BLINK_EVERY_MS = 4_000;
const BLINK_MS = 180;

/** How far the lids of somebody are closed, from 0 to 1; nobody blinks in step with another. */
export function lidsAt(person: string, nowMs: number): number {
  const round = Math.floor(nowMs / BLINK_EVERY_MS);
  const begins = chance(`${person} ${round}`) * (BLINK_EVERY_MS - BLINK_MS);
  const share = (nowMs - round * BLINK_EVERY_MS - begins) / BLINK_MS;
  return share > 0 && share < 1 ? Math.sin(Math.PI * share) : 0;
}

/** A number from 0 to 1 that is always the same for the same words. */
function chance(words: string): number {
  let sum = 0x811c9dc5;
  for (const letter of words) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return (Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d) >>> 0) / 2 ** 32;
}

/** Eyes turn so far in the head; for what lies farther aside the head would have to turn. */
const EYES_TURN_RAD = Math.PI / 6;

/** The turn of an eye that looks from a place at another, as far as eyes go; none for what lies behind. */
export function eyeTurn(ahead: Vector3, from: Vector3, at: Vector3): Quaternion {
  const wanted = at.clone().sub(from);
  if (wanted.lengthSq() < 1e-6) return new Quaternion();
  const whole = new Quaternion().setFromUnitVectors(ahead, wanted.normalize());
  const angle = ahead.angleTo(wanted);
  if (angle > Math.PI / 2) return new Quaternion();
  return angle <= EYES_TURN_RAD ? whole : new Quaternion().slerp(whole, EYES_TURN_RAD / angle);
}

/** Nearer than this to one's own head others begin to fade, so that nobody stands in one's face. */
const NEAR_M = 0.5;
/** As near as this they are but a shade. */
const TOUCHING_M = 0.25;
const SHADE = 0.12;

/** How much of somebody is to be seen from an eye at this distance: all, or less within one's personal space. */
export function presenceAt(distance_m: number): number {
  const share = (distance_m - TOUCHING_M) / (NEAR_M - TOUCHING_M);
  return SHADE + (1 - SHADE) * Math.min(1, Math.max(0, share));
}
