import type { Vector3 } from 'three';
import { FIST, POINTING, RESTING, mixed } from '../core/hands';
import type { Fingers } from '../stage/room-view';

/** Where a joint of a tracked hand is, by its name in WebXR; undefined while it is not seen. */
export type JointAt = (name: XRHandJoint) => Vector3 | undefined;

const FINGERS = ['index', 'middle', 'ring', 'pinky'] as const;
const THUMB: readonly XRHandJoint[] = ['thumb-metacarpal', 'thumb-phalanx-proximal', 'thumb-phalanx-distal', 'thumb-tip'];
const DEGREE = Math.PI / 180;

/** All bends of a finger together where it is straight, and where it is in a fist. */
const FINGER_BENDS = { straight: 15 * DEGREE, fist: 235 * DEGREE };
const THUMB_BENDS = { straight: 10 * DEGREE, fist: 105 * DEGREE };
/** Between index and little finger where they are beside one another, and spread. */
const SPREADS = { closed: 4 * DEGREE, spread: 50 * DEGREE };

/** How the fingers of a tracked hand are; undefined where not all of it is seen. */
export function fingersOf(at: JointAt): Fingers | undefined {
  const thumb = bends(THUMB, at);
  const [index, middle, ring, little] = FINGERS.map((name) => bends(jointsOf(name), at));
  const apart = spreadOf(at);
  if (thumb === undefined || index === undefined || middle === undefined || ring === undefined || little === undefined || apart === undefined) return undefined;
  const curl = (bent: number): number => share(bent, FINGER_BENDS.straight, FINGER_BENDS.fist);
  const curls: Fingers['curls'] = [share(thumb, THUMB_BENDS.straight, THUMB_BENDS.fist), curl(index), curl(middle), curl(ring), curl(little)];
  // Of bent fingers nobody sees how far they are spread.
  const straight = 1 - Math.max(curls[1], curls[4]);
  return { curls, spread: share(apart, SPREADS.closed, SPREADS.spread) * straight };
}

/** How a hand on a controller is: trigger and grip bend fingers, and a ray is pointed with. */
export function fingersOnController(pressed: { readonly trigger: number; readonly grip: number; readonly points: boolean; readonly holds: boolean }): Fingers {
  if (pressed.holds) return FIST;
  const { curls, spread } = mixed(pressed.points ? POINTING : RESTING, FIST, pressed.grip);
  const [thumb, index, middle, ring, little] = curls;
  return { curls: [thumb, Math.max(index, FIST.curls[1] * pressed.trigger), middle, ring, little], spread };
}

/** From here on each finger but the thumb makes a fist, and below this share, on the whole, they make none any more. */
const [CLOSES, OPENS] = [0.7, 0.5];

/** Whether a tracked hand is a fist: one that was stays one until it opens clearly, whatever a single finger seems to do. */
export function isFist({ curls: [, ...fingers] }: Fingers, was: boolean): boolean {
  return was ? fingers.reduce((sum, curl) => sum + curl, 0) / fingers.length > OPENS : Math.min(...fingers) >= CLOSES;
}

/** Fingers that rest are left out: they cost nothing on the line. */
export function unlessResting(fingers: Fingers | undefined): Fingers | null {
  if (!fingers) return null;
  const far = Math.max(Math.abs(fingers.spread - RESTING.spread), ...fingers.curls.map((curl, i) => Math.abs(curl - (RESTING.curls[i] ?? 0))));
  return far < NEAR_REST ? null : fingers;
}

/** Nobody sees a difference this small. */
const NEAR_REST = 0.04;

function jointsOf(finger: (typeof FINGERS)[number]): readonly XRHandJoint[] {
  return [`${finger}-finger-metacarpal`, `${finger}-finger-phalanx-proximal`, `${finger}-finger-phalanx-intermediate`, `${finger}-finger-phalanx-distal`, `${finger}-finger-tip`];
}

/** The sum of the angles between one bone and the next. */
function bends(joints: readonly XRHandJoint[], at: JointAt): number | undefined {
  const places = joints.map(at);
  const bones: Vector3[] = [];
  for (const [i, to] of places.entries()) {
    const from = places[i - 1];
    if (!to) return undefined;
    if (from) bones.push(to.clone().sub(from));
  }
  return bones.slice(1).reduce((sum, bone, i) => sum + bone.angleTo(bones[i] ?? bone), 0);
}

/** The angle between the lowest bones of index and little finger. */
function spreadOf(at: JointAt): number | undefined {
  const [index, little] = (['index', 'pinky'] as const).map((finger) => {
    const [from, to] = [at(`${finger}-finger-phalanx-proximal`), at(`${finger}-finger-phalanx-intermediate`)];
    return from && to?.clone().sub(from);
  });
  return index && little && index.angleTo(little);
}

function share(value: number, none: number, all: number): number {
  return Math.min(1, Math.max(0, (value - none) / (all - none)));
}
