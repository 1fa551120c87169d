import type { Hand, Held, Placement, Pointer, Pose } from '../../contract/room';
import { RESTING, mixed } from '../core/hands';

/** How far behind the sender a pose is shown, so that the next sample has usually arrived. */
export const DELAY_MS = 100;
/** Of who is farther away samples come less often (ADR 67): they are shown so much later than the next one is due. */
const SLACK_MS = 40;
/** Whose samples are farther apart than this has rested in between. */
const RESTED_MS = 300;
const KEPT_GAPS = 5;
/** How fast the delay follows, in ms per ms: by it somebody walks a little slower or faster for a moment. */
const DELAY_FOLLOWS = 0.2;
/** A track that had run dry finds back to its samples over this time, or longer where the way is long: nobody leaps. */
const CATCH_UP_MS = 150;
/** How fast somebody is shown to catch up, in metres a second: a brisk run. */
const CATCH_UP_MPS = 4;
const KEPT_SAMPLES = 40;
/** How fast the guess of the delay may grow again after a lucky packet, in ms per ms. */
const FORGET = 0.002;

interface Sample {
  /** The sender's clock, unwrapped. */
  at: number;
  pose: Pose;
}

/**
 * One participant's poses, smoothed: samples come at the sender's pace and the network's whim, and are shown
 * at the reader's. Time is the sender's, so that a late packet moves nothing.
 */
export class PoseTrack {
  #samples: Sample[] = [];
  /** Local time minus sender's time for the quickest packet lately. */
  #offset = Number.POSITIVE_INFINITY;
  #heardAt = 0;
  /** Between the last samples, in the sender's time, without rests. */
  #gaps: readonly number[] = [];
  /** How far behind the sender to be, and how far one is now. */
  #wanted = DELAY_MS;
  #delay = DELAY_MS;
  #sampledAt = Number.NEGATIVE_INFINITY;
  #shown: Pose | undefined;
  #dry = false;
  #catchUp: { from: Pose; since: number; over: number } | undefined;

  push(pose: Pose, now: number): void {
    const last = this.#samples.at(-1);
    // The clock is 32 bits wide: the signed difference to the last sample survives its wrapping.
    const at = last ? last.at + ((pose.at_ms - (last.at % 2 ** 32)) | 0) : pose.at_ms;
    if (last && at <= last.at) return;
    if (last && at - last.at <= RESTED_MS) {
      this.#gaps = [...this.#gaps, at - last.at].slice(-KEPT_GAPS);
      this.#wanted = delayFor(this.#gaps);
    }
    this.#offset = Math.min(now - at, this.#offset + (now - this.#heardAt) * FORGET);
    this.#heardAt = now;
    this.#samples.push({ at, pose });
    if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
  }

  /** The line broke, one's own or theirs: they stay where they are shown, and what comes next begins anew there. */
  restart(): void {
    [this.#samples, this.#offset, this.#heardAt] = [[], Number.POSITIVE_INFINITY, 0];
    [this.#gaps, this.#wanted] = [[], DELAY_MS];
    [this.#dry, this.#catchUp] = [true, undefined];
  }

  /** The pose to show now; undefined before the first. */
  sample(now: number): Pose | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last) return this.#shown;
    const at = now - this.#offset - this.#delayAt(now);
    if (at >= last.at) {
      // Nothing newer is known: stay, and remember to come back gently.
      this.#dry = true;
      return this.#gently(last.pose, now);
    }
    const wasDry = this.#dry;
    this.#dry = false;
    const next = Math.max(1, this.#samples.findIndex((sample) => sample.at > at));
    const from = this.#samples[next - 1] ?? first;
    const to = this.#samples[next] ?? last;
    const share = Math.min(1, Math.max(0, (at - from.at) / (to.at - from.at)));
    const target = between(from.pose, to.pose, share);
    if (wasDry && this.#shown) this.#catchUp = { from: this.#shown, since: now, over: catchUpTime(this.#shown, target) };
    return this.#gently(target, now);
  }

  /** How far behind the sender to be now, on the way to where one is to be. */
  #delayAt(now: number): number {
    const step = this.#sampledAt === Number.NEGATIVE_INFINITY ? 0 : Math.max(0, now - this.#sampledAt) * DELAY_FOLLOWS;
    this.#sampledAt = now;
    this.#delay += Math.min(step, Math.max(-step, this.#wanted - this.#delay));
    return this.#delay;
  }

  #gently(target: Pose, now: number): Pose {
    const { from, since, over } = this.#catchUp ?? { from: target, since: Number.NEGATIVE_INFINITY, over: CATCH_UP_MS };
    const share = (now - since) / over;
    if (share >= 1) this.#catchUp = undefined;
    this.#shown = share >= 1 ? target : between(from, target, share);
    return this.#shown;
  }
}

/** As far behind as samples are apart, so that nobody stands still between two. */
function delayFor(gaps: readonly number[]): number {
  const gap = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  return Math.max(DELAY_MS, gap + SLACK_MS);
}

function catchUpTime(from: Pose, to: Pose): number {
  const [a, b] = [from.head.position_m, to.head.position_m];
  return Math.max(CATCH_UP_MS, (Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / CATCH_UP_MPS) * 1000);
}

/** The pose a share of the way from one to another. What only one of them has is shown as it is there. */
export function between(a: Pose, b: Pose, share: number): Pose {
  return {
    at_ms: b.at_ms,
    head: placement(a.head, b.head, share),
    left: a.left && b.left ? hand(a.left, b.left, share) : b.left,
    right: a.right && b.right ? hand(a.right, b.right, share) : b.right,
    pointer: a.pointer && b.pointer ? pointer(a.pointer, b.pointer, share) : b.pointer,
    held: a.held && b.held && a.held.entity === b.held.entity ? held(a.held, b.held, share) : b.held,
    mouth: a.mouth !== null && b.mouth !== null ? a.mouth + (b.mouth - a.mouth) * share : b.mouth,
  };
}

function placement(a: Placement, b: Placement, share: number): Placement {
  return { position_m: mix(a.position_m, b.position_m, share), rotation: turn(a.rotation, b.rotation, share) };
}

function hand(a: Hand, b: Hand, share: number): Hand {
  // Fingers that rest are not sent: they open and close from there and to there.
  const moves = a.fingers !== null || b.fingers !== null;
  return { ...placement(a, b, share), fingers: moves ? mixed(a.fingers ?? RESTING, b.fingers ?? RESTING, share) : null };
}

function pointer(a: Pointer, b: Pointer, share: number): Pointer {
  return { origin_m: mix(a.origin_m, b.origin_m, share), hit_m: mix(a.hit_m, b.hit_m, share), on: b.on };
}

function held(a: Held, b: Held, share: number): Held {
  const scale = a.transform.scale + (b.transform.scale - a.transform.scale) * share;
  return { entity: b.entity, transform: { ...placement(a.transform, b.transform, share), scale } };
}

function mix(a: [number, number, number], b: [number, number, number], t: number): [number, number, number] {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

type Quat = [number, number, number, number];

/** The shorter way round; between samples 50 ms apart a normalised mix is as good as a slerp. */
function turn(a: Quat, b: Quat, t: number): Quat {
  const cosine = a.reduce((sum, c, i) => sum + c * (b[i] ?? 0), 0);
  const sign = cosine < 0 ? -1 : 1;
  const mixed = a.map((c, i) => c * (1 - t) + sign * (b[i] ?? 0) * t) as Quat;
  const length = Math.hypot(...mixed);
  return length > 0 ? (mixed.map((c) => c / length) as Quat) : b;
}
