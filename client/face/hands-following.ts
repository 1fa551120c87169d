import { Matrix4, Quaternion, Vector3 } from 'three';
import { RESTING, mixed } from '../core/hands';
import type { SeenHand } from '../stage/seats';
import { fingersOf } from '../xr/fingers';
import { AWAY_PER_WIDTH, pictureAt_m } from './following';
import type { FaceSeen, HandSeen } from './seen';

export type Side = 'left' | 'right';
export type Hands = Readonly<Partial<Record<Side, SeenHand>>>;

/** Movements are smoothed over about this long. */
const SMOOTH_MS = 90;
/** A hand that is not seen for this long is gone: it goes down and rests. */
const GONE_MS = 700;
const BACK_MS = 400;
/** From the wrist to the knuckle of the middle finger, about; how large joints are found to be says less than how they lie. */
const PALM_M = 0.095;
/** No arm is longer, from the eyes. */
const REACH_M = 0.8;
/** Where hands lie that nobody sees, from the eyes: on the lap. */
const LAP: Readonly<Record<Side, Vector3>> = { left: new Vector3(-0.18, -0.6, -0.2), right: new Vector3(0.18, -0.6, -0.2) };
const AHEAD = new Quaternion();

/** Joints by their names in WebXR. Where a finger begins in the palm is not found in pictures; the wrist is near it. */
const WRIST = 0;
const FINGERS = { index: 5, middle: 9, ring: 13, pinky: 17 } as const;
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...(['thumb-metacarpal', 'thumb-phalanx-proximal', 'thumb-phalanx-distal', 'thumb-tip'] as const).map((name, i) => [name, 1 + i] as const),
  ...Object.entries(FINGERS).flatMap(([finger, first]) => [
    [`${finger}-finger-metacarpal`, WRIST] as const,
    ...['phalanx-proximal', 'phalanx-intermediate', 'phalanx-distal', 'tip'].map((name, i) => [`${finger}-finger-${name}`, first + i] as const),
  ]),
]);

interface Followed {
  readonly at: Vector3;
  readonly turn: Quaternion;
  fingers: SeenHand['fingers'];
  seenAt: number;
  share: number;
}

/** Follows hands from picture to picture; what it says is smooth and bounded, and a hand that is gone goes down to rest. */
export class HandsFollower {
  readonly #hands = new Map<Side, Followed>();
  #askedAt = Number.NEGATIVE_INFINITY;

  /** A picture was looked at for hands; where they are follows from how somebody's face sits before the camera. */
  see(hands: readonly HandSeen[], neutral: FaceSeen, nowMs: number): void {
    for (const [side, hand] of sided(hands)) {
      const seen = handOf(hand, side, neutral);
      if (!seen) continue;
      const [at, turn] = [new Vector3(...seen.at_m), new Quaternion(...seen.rotation)];
      const before = this.#hands.get(side);
      if (!before) {
        this.#hands.set(side, { at, turn, fingers: seen.fingers, seenAt: nowMs, share: 0 });
        continue;
      }
      const passed = nowMs - before.seenAt;
      const share = passed > GONE_MS ? 1 : 1 - Math.exp(-passed / SMOOTH_MS);
      before.at.lerp(at, share);
      before.turn.slerp(turn, share);
      before.fingers = mixed(before.fingers, seen.fingers, share);
      before.seenAt = nowMs;
    }
  }

  /** Where hands are now; a side is left out where there is none. */
  hands(nowMs: number): Hands {
    const step = Math.min(1, Math.max(0, nowMs - this.#askedAt) / BACK_MS);
    this.#askedAt = nowMs;
    const now: Partial<Record<Side, SeenHand>> = {};
    for (const [side, hand] of this.#hands) {
      hand.share = Math.min(1, Math.max(0, hand.share + (nowMs - hand.seenAt < GONE_MS ? step : -step)));
      if (hand.share === 0) {
        if (nowMs - hand.seenAt >= GONE_MS) this.#hands.delete(side);
        continue;
      }
      const at = LAP[side].clone().lerp(hand.at, hand.share);
      const turn = AHEAD.clone().slerp(hand.turn, hand.share);
      now[side] = { at_m: [at.x, at.y, at.z], rotation: [turn.x, turn.y, turn.z, turn.w], fingers: mixed(RESTING, hand.fingers, hand.share) };
    }
    return now;
  }

  /** Which hands are seen now. */
  seen(nowMs: number): readonly Side[] {
    return (['left', 'right'] as const).filter((side) => nowMs - (this.#hands.get(side)?.seenAt ?? Number.NEGATIVE_INFINITY) < GONE_MS);
  }

  /** Whose hands were seen is no longer there. */
  begin(): void {
    this.#hands.clear();
  }
}

/** Which hand each is. Two that are said to be of one side are told apart by where they are: nobody's hands cross for long. */
export function sided(hands: readonly HandSeen[]): readonly (readonly [Side, HandSeen])[] {
  const [a, b] = hands;
  const side = ({ right }: HandSeen): Side => (right > 0.5 ? 'right' : 'left');
  if (!a || !b || side(a) !== side(b)) return hands.map((hand) => [side(hand), hand] as const);
  const aside = ({ picture }: HandSeen): number => picture[WRIST]?.[0] ?? 0;
  const [left, right] = aside(a) < aside(b) ? [a, b] : [b, a];
  return [['left', left], ['right', right]];
}

/** Where a hand is, how it is turned, and its fingers; undefined where not all of it is known. */
export function handOf({ picture, joints_m }: HandSeen, side: Side, neutral: FaceSeen): SeenHand | undefined {
  const joints = joints_m.map((joint) => new Vector3(...joint));
  const fingers = fingersOf((name) => joints[NUMBERS.get(name) ?? -1]);
  const [wrist, index, middle, little] = [WRIST, FINGERS.index, FINGERS.middle, FINGERS.pinky].map((number) => joints[number]);
  const [there] = picture;
  if (!fingers || !wrist || !index || !middle || !little || !there) return undefined;
  const perPicture = (reach(joints.map(({ x, y }) => [x, y])) / reach(picture)) * (PALM_M / wrist.distanceTo(middle));
  if (!Number.isFinite(perPicture)) return undefined;

  // Fingers along −Z, the back of the hand up.
  const back = middle.clone().sub(wrist).negate().normalize();
  const across = new Vector3().crossVectors(little.clone().sub(wrist), index.clone().sub(wrist)).multiplyScalar(side === 'right' ? 1 : -1);
  const right = new Vector3().crossVectors(across, back).normalize();
  const turn = new Quaternion().setFromRotationMatrix(new Matrix4().makeBasis(right, new Vector3().crossVectors(back, right), back));

  // From the face as it sits. The less the picture reaches across where the hand is, the nearer is the hand to the camera.
  const face = pictureAt_m(neutral);
  const at = new Vector3(there[0] * perPicture - neutral.aside * face, there[1] * perPicture - neutral.up * face, (perPicture - face) * AWAY_PER_WIDTH).clampLength(0, REACH_M);
  return { at_m: [at.x, at.y, at.z], rotation: [turn.x, turn.y, turn.z, turn.w], fingers };
}

/** How far places lie from their middle, as the root of the mean square. */
function reach(places: HandSeen['picture']): number {
  const mean = (axis: 0 | 1): number => places.reduce((sum, place) => sum + place[axis], 0) / Math.max(1, places.length);
  const [x, y] = [mean(0), mean(1)];
  return Math.sqrt(places.reduce((sum, place) => sum + (place[0] - x) ** 2 + (place[1] - y) ** 2, 0) / Math.max(1, places.length));
}
