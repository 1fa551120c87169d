import { Euler, Matrix4, Quaternion, Vector3 } from 'three';
import type { Vec3 } from '../core/frames';
import { FIST, POINTING } from '../core/hands';
import { EYES_M, placeAt } from '../core/room-seats';
import type { Fingers, Hand, Pose, Poses, RoomView } from './room-view';
import type { View } from './camera-rig';
import { HOLOGRAM_HEIGHT_M } from './room-scene';

/** How far aside and to the hologram a head follows its camera: nobody comes nearer to a neighbour than 0.6 m. */
const [ASIDE_M, AHEAD_M] = [0.05, 0.08];

/** Where the camera stands first. */
const FRONT: View = { yaw: 0, pitch: 0, distance_m: 1.75 };

/** The own place, which the room gave: everybody there has another. */
export function ownPlace(room: Pick<RoomView, 'selfId' | 'participants'>): number {
  for (const { id, place } of room.participants()) if (id === room.selfId) return place ?? 0;
  return 0;
}

/**
 * Where others see a person who sits before a screen. Their camera goes round the hologram freely, and two of
 * them would look from the same place; so each has a place at the table, from which the head follows the camera
 * and the hand points at what they point at, or is a fist while they hold the hologram. The laser shines only where
 * they mean to show something: head and hand follow what they are at with any tool.
 */
export function seatedPoses(place: number, view: View, pointsAt: Vector3 | undefined, holds = false, shines = true): Poses {
  const { angle, radius_m } = placeAt(place);
  const turned = angle + (Math.sin(view.yaw) * ASIDE_M) / radius_m;
  const away = new Vector3(Math.sin(turned), 0, Math.cos(turned));
  const ahead = Math.min(AHEAD_M, Math.max(-AHEAD_M, (FRONT.distance_m - view.distance_m) * 0.12));
  const head = away.clone().multiplyScalar(radius_m - ahead).setY(EYES_M + view.pitch * 0.1);
  const looksAt = pointsAt ?? new Vector3(0, HOLOGRAM_HEIGHT_M, 0);
  const pose = facing(head, looksAt);
  if (!pointsAt) return { head: pose, left: null, right: null, pointer: null };
  const side = new Vector3(away.z, 0, -away.x).multiplyScalar(-0.2);
  const hand = away.clone().multiplyScalar(radius_m - 0.36).add(side).setY(1.14);
  return { head: pose, left: null, right: { ...facing(hand, pointsAt), fingers: holds ? FIST : POINTING }, pointer: { origin_m: list(hand), hit_m: list(pointsAt), on: shines } };
}

/** How a webcam sees the head lean, in the terms of whoever is seen; `client/face` follows it. */
export interface HeadLean {
  readonly turn_rad: number;
  readonly nod_rad: number;
  readonly tilt_rad: number;
  readonly aside_m: number;
  readonly up_m: number;
  readonly ahead_m: number;
  readonly mouth: number;
}

/** A hand as a webcam sees it, from where the eyes of whoever is seen are as they sit: to the own right, up and back. */
export interface SeenHand {
  readonly at_m: Vec3;
  /** Fingers along −Z, the back of the hand up. */
  readonly rotation: Pose['rotation'];
  readonly fingers: Fingers;
}

/** What a webcam sees of somebody; hands only while they are seen. */
export interface Lean extends HeadLean {
  readonly left?: SeenHand;
  readonly right?: SeenHand;
}

/** The same person, with head and hands as a webcam sees them. */
export function leaning(poses: Poses, lean: Lean | undefined): Poses {
  if (!lean) return poses;
  const { position_m, rotation } = poses.head;
  const facing = new Quaternion(...rotation);
  const ahead = new Vector3(0, 0, -1).applyQuaternion(facing).setY(0).normalize();
  const right = new Vector3(-ahead.z, 0, ahead.x);
  const at = new Vector3(...position_m).addScaledVector(right, lean.aside_m).addScaledVector(ahead, lean.ahead_m);
  at.y += lean.up_m;
  const turned = facing.multiply(new Quaternion().setFromEuler(new Euler(lean.nod_rad, lean.turn_rad, lean.tilt_rad, 'YXZ')));
  const sits = new Quaternion().setFromAxisAngle(new Vector3(0, 1, 0), Math.atan2(-ahead.x, -ahead.z));
  const hand = (seen: SeenHand | undefined): Hand | undefined => {
    if (!seen) return undefined;
    const held = sits.clone().multiply(new Quaternion(...seen.rotation));
    const there = new Vector3(...seen.at_m).applyQuaternion(sits).add(new Vector3(...position_m));
    return { position_m: list(there), rotation: [held.x, held.y, held.z, held.w], fingers: seen.fingers };
  };
  const rightHand = hand(lean.right);
  return {
    ...poses,
    head: { position_m: list(at), rotation: [turned.x, turned.y, turned.z, turned.w] },
    left: hand(lean.left) ?? poses.left ?? null,
    right: rightHand ?? poses.right ?? null,
    // What the mouse points at is pointed at from the hand that is seen.
    pointer: rightHand && poses.pointer ? { ...poses.pointer, origin_m: rightHand.position_m } : (poses.pointer ?? null),
    mouth: lean.mouth,
  };
}

/** Says again where one sits this often: who comes later sees one too. */
const SEATED_EVERY_MS = 1_000;
/** Where a webcam sees the head move, or one points, that is said this often. */
const MOVING_EVERY_MS = 50;

/** Somebody whose device draws no stage sits at the table all the same: they are seen, point, and hear others from there. */
export function takeSeat(room: Pick<RoomView, 'selfId' | 'participants' | 'pose'>, leans: () => Lean | undefined = () => undefined, pointsAt: () => Vec3 | undefined = () => undefined): () => void {
  let said = Number.NEGATIVE_INFINITY;
  let pointed = false;
  const sit = (): void => {
    const [lean, at] = [leans(), pointsAt()];
    const now = performance.now();
    // A laser that goes out does so at once.
    if (!lean && !at && !pointed && now - said < SEATED_EVERY_MS) return;
    [said, pointed] = [now, at !== undefined];
    room.pose(leaning(seatedPoses(ownPlace(room), FRONT, at && new Vector3(...at)), lean));
  };
  sit();
  const again = setInterval(sit, MOVING_EVERY_MS);
  return () => clearInterval(again);
}

/** A pose that looks along −Z at a point, as cameras do. */
export function facing(from: Vector3, at: Vector3): Pose {
  const rotation = new Quaternion().setFromRotationMatrix(new Matrix4().lookAt(from, at, new Vector3(0, 1, 0)));
  return { position_m: list(from), rotation: [rotation.x, rotation.y, rotation.z, rotation.w] };
}

export function list(v: Vector3): Vec3 {
  return [v.x, v.y, v.z];
}
