import type { HeadLean, Lean } from '../stage/seats';
import type { FaceSeen } from './seen';

export type { HeadLean, Lean };

/** How wide faces are, about; how far the camera's picture reaches in each direction follows from it. */
const FACE_M = 0.15;
/** A webcam sees about as much across as it is away. */
export const AWAY_PER_WIDTH = 1;
/** So many faces say how somebody sits. */
const TO_BEGIN = 8;
/** Movements are smoothed over about this long. */
const SMOOTH_MS = 110;
/** A face that is not seen for this long is gone: the head comes back to where it would be without a camera. */
const GONE_MS = 900;
const BACK_MS = 500;
/** As far as a seated head goes. */
const MOST = { turn_rad: 1.1, nod_rad: 0.7, tilt_rad: 0.6, aside_m: 0.3, up_m: 0.2, ahead_m: 0.3, mouth: 1 } as const satisfies HeadLean;
const PARTS = Object.keys(MOST) as (keyof HeadLean)[];
const STILL: HeadLean = { turn_rad: 0, nod_rad: 0, tilt_rad: 0, aside_m: 0, up_m: 0, ahead_m: 0, mouth: 0 };

/** Follows a face from picture to picture; what it says is smooth, bounded, and fades where the face is gone. */
export class HeadFollower {
  #first: FaceSeen[] = [];
  #neutral: FaceSeen | undefined;
  #lean: HeadLean = STILL;
  #seenAt = Number.NEGATIVE_INFINITY;
  #share = 0;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** How somebody sits, once that is known. */
  get neutral(): FaceSeen | undefined {
    return this.#neutral;
  }

  /** A picture was looked at; without a face there was none in it. */
  see(face: FaceSeen | undefined, nowMs: number): void {
    if (!face) return;
    const passed = nowMs - this.#seenAt;
    this.#seenAt = nowMs;
    if (!this.#neutral) {
      this.#first.push(face);
      if (this.#first.length < TO_BEGIN) return;
      this.#neutral = middleOf(this.#first);
      this.#first = [];
    }
    const wanted = leanOf(face, this.#neutral);
    const share = passed > GONE_MS ? 1 : 1 - Math.exp(-passed / SMOOTH_MS);
    this.#lean = mapped((part) => this.#lean[part] + (wanted[part] - this.#lean[part]) * share);
  }

  /** How the head leans now; undefined where no camera has anything to say. */
  lean(nowMs: number): HeadLean | undefined {
    const isThere = this.#neutral !== undefined && nowMs - this.#seenAt < GONE_MS;
    const step = Math.min(1, Math.max(0, nowMs - this.#askedAt) / BACK_MS);
    this.#askedAt = nowMs;
    this.#share = Math.min(1, Math.max(0, this.#share + (isThere ? step : -step)));
    if (this.#share === 0) return undefined;
    return mapped((part) => this.#lean[part] * this.#share);
  }

  /** As somebody sits now is how they sit. */
  begin(): void {
    [this.#first, this.#neutral] = [[], undefined];
  }
}

/** From how somebody sits; how far they moved follows from how wide a face is. */
function leanOf(face: FaceSeen, neutral: FaceSeen): HeadLean {
  const [picture_m, neutralPicture_m] = [pictureAt_m(face), pictureAt_m(neutral)];
  const raw: HeadLean = {
    turn_rad: face.turn_rad - neutral.turn_rad,
    nod_rad: face.nod_rad - neutral.nod_rad,
    tilt_rad: face.tilt_rad - neutral.tilt_rad,
    aside_m: face.aside * picture_m - neutral.aside * neutralPicture_m,
    up_m: face.up * picture_m - neutral.up * neutralPicture_m,
    ahead_m: (neutralPicture_m - picture_m) * AWAY_PER_WIDTH,
    mouth: face.mouth,
  };
  return mapped((part) => Math.min(MOST[part], Math.max(-MOST[part], raw[part])));
}

/** How much the picture reaches across where a face is. */
export function pictureAt_m(face: FaceSeen): number {
  return FACE_M / Math.max(0.02, face.width);
}

function mapped(of: (part: keyof HeadLean) => number): HeadLean {
  return Object.fromEntries(PARTS.map((part) => [part, of(part)])) as unknown as HeadLean;
}

/** The middle of each number, so that one odd picture says nothing. */
function middleOf(faces: readonly FaceSeen[]): FaceSeen {
  const middle = (part: keyof FaceSeen): number => faces.map((face) => face[part]).sort((a, b) => a - b)[Math.floor(faces.length / 2)] ?? 0;
  const parts: readonly (keyof FaceSeen)[] = ['turn_rad', 'nod_rad', 'tilt_rad', 'aside', 'up', 'width', 'mouth'];
  return Object.fromEntries(parts.map((part) => [part, middle(part)])) as unknown as FaceSeen;
}
