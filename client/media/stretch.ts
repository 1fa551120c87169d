/** Between these speeds a voice can be followed; beyond them its words are none. */
const SLOWEST = 0.5;
const FASTEST = 2;

/** Frames follow one another at this distance, and are twice as long: some periods of the deepest voice. */
const HOP_s = 0.02;
/** A frame is looked for so far on either side: a period of the deepest voice. */
const SEARCH_s = 0.01;
/** First every so many-th place is tried and every so many-th sample compared, then the places beside the best. */
const COARSE = 8;
const FINE = 4;

/** Whether a voice is heard at a speed. */
export function isHeard(speed: number): boolean {
  return speed >= SLOWEST && speed <= FASTEST;
}

/**
 * A voice slower or faster at its own pitch: frames of it are laid one after the other at another distance, each taken
 * from where it is most like what would have followed the one before (WSOLA, Verhelst and Roelands 1993).
 */
export function stretched(sound: Float32Array, speed: number, samplesPerSecond: number): Float32Array<ArrayBuffer> {
  const hop = Math.round(HOP_s * samplesPerSecond);
  const reach = Math.round(SEARCH_s * samplesPerSecond);
  // Two halves of it, one hop apart, are one.
  const window = Float32Array.from({ length: 2 * hop }, (_, i) => Math.sin((Math.PI * i) / (2 * hop)) ** 2);
  const out = new Float32Array(Math.ceil(sound.length / speed));
  // It begins and ends as the sound does: what comes before and after in other files is heard without a seam.
  const last = sound.length - 2 * hop;
  let from = -hop;
  for (let at = -hop; at < out.length; at += hop) {
    from = at > 0 ? likest(sound, from + hop, { around: Math.min(last, Math.round(at * speed)), reach, length: hop }) : at;
    const end = Math.min(2 * hop, out.length - at, sound.length - from);
    for (let i = Math.max(0, -at, -from); i < end; i += 1) out[at + i] = (out[at + i] ?? 0) + (sound[from + i] ?? 0) * (window[i] ?? 0);
  }
  return out;
}

/** Where, about a place, the sound is most like what it is from `model` on; the place itself where all is alike. */
function likest(sound: Float32Array, model: number, { around, reach, length }: { around: number; reach: number; length: number }): number {
  let best = around;
  let least = difference(sound, model, around, { length, step: COARSE });
  for (let by = COARSE; by <= reach; by += COARSE) {
    for (const place of [around - by, around + by]) {
      const found = difference(sound, model, place, { length, step: COARSE });
      if (found < least) [best, least] = [place, found];
    }
  }
  const coarse = best;
  least = difference(sound, model, coarse, { length, step: FINE });
  for (let place = coarse - COARSE + 1; place < coarse + COARSE; place += 1) {
    const found = difference(sound, model, place, { length, step: FINE });
    if (found < least) [best, least] = [place, found];
  }
  return best;
}

function difference(sound: Float32Array, one: number, other: number, { length, step }: { length: number; step: number }): number {
  let sum = 0;
  for (let i = 0; i < length; i += step) sum += Math.abs((sound[one + i] ?? 0) - (sound[other + i] ?? 0));
  return sum;
}
