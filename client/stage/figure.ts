import { type Bone, Color, Group, LatheGeometry, type Material, Mesh, MeshStandardMaterial, type Object3D, Quaternion, Vector2, Vector3 } from 'three';
import { type Body, put } from './avatars';
import { dyed } from './dress';
import type { Dress } from '../core/figures';
import { FingerBones } from './finger-bones';
import { eyeTurn } from './liveliness';
import type { Hand, Poses } from './room-view';

const UP = new Vector3(0, 1, 0);
/** Eyes lower than this belong to somebody who sits. */
const SITS_BELOW_M = 1.3;
/** People are drawn as tall as their eyes are high, within what looks like a person. */
const [SHORTEST, TALLEST] = [0.85, 1.12];
const FEET_AHEAD_M = 0.42;
/** From the middle of the hips down to what one sits on. */
const SEAT_BELOW_M = 0.1;
/** Whoever is tracked sitting sits on something, wherever that is: a stool comes along. */
const STOOL = new LatheGeometry([[0.001, 0], [0.22, 0], [0.22, 0.02], [0.03, 0.06], [0.03, 0.92], [0.18, 0.93], [0.19, 0.98], [0.001, 1]].map(([x, y]) => new Vector2(x, y)), 24);
const STOOL_LOOK = new MeshStandardMaterial({ color: 0x4c5a61, roughness: 0.6 });

const BONES = ['Head', 'LeftEye', 'RightEye', 'LeftArm', 'LeftForeArm', 'LeftHand', 'RightArm', 'RightForeArm', 'RightHand', 'LeftUpLeg', 'LeftLeg', 'LeftFoot', 'RightUpLeg', 'RightLeg', 'RightFoot'] as const;
type Bones = Readonly<Record<(typeof BONES)[number], Object3D>>;

/** One arm: its bones, and which way its side is. */
interface Arm {
  readonly upper: Object3D;
  readonly fore: Object3D;
  readonly hand: Object3D;
  /** 1 for the left, −1 for the right, along the figure's own x. */
  readonly side: 1 | -1;
  /** How the hand stands in the model, turned so that fingers point along −Z as tracked hands do. */
  readonly handRest: Quaternion;
  readonly fingers: FingerBones;
}

/**
 * A whole person on a skeleton: the head as it is tracked, arms that reach for the hands, or hang where none is
 * tracked, fingers as they are bent, legs that stand or sit. The model faces +Z with arms stretched out, poses look along −Z.
 */
export class Figure implements Body {
  readonly group = new Group();
  readonly #model: Object3D;
  readonly #bones: Bones;
  readonly #arms: readonly [Arm, Arm];
  readonly #rest: ReadonlyMap<Object3D, Quaternion>;
  readonly #headRest: Quaternion;
  readonly #eyesHigh_m: number;
  readonly #ankleHigh_m: number;
  readonly #faces: Mesh[] = [];
  readonly #stool = new Mesh(STOOL, STOOL_LOOK);
  /** Own copies of what everybody of this look shares: each wears a colour, and fades. */
  readonly #materials = new Map<Material, Material>();
  readonly #worn = new Color();
  /** Where the head is, for what hangs on it. */
  readonly #head = new Group();

  constructor(model: Object3D, dress: Dress = 'medical') {
    this.#model = model;
    this.#bones = bonesOf(model);
    this.#head.name = 'head';
    this.#stool.name = 'stool';
    this.#stool.visible = false;
    this.group.add(model, this.#head, this.#stool);
    model.updateMatrixWorld(true);
    this.#rest = new Map(Object.values(this.#bones).map((bone) => [bone, bone.quaternion.clone()]));
    this.#headRest = this.#bones.Head.getWorldQuaternion(new Quaternion());
    this.#eyesHigh_m = this.#eyes().y;
    this.#ankleHigh_m = worldOf(this.#bones.LeftFoot).y;
    this.#arms = [armOf(model, this.#bones, 'Left'), armOf(model, this.#bones, 'Right')];
    model.traverse((part) => {
      const mesh = part as Mesh;
      if (!mesh.isMesh) return;
      // Bones carry the surface away from where the file says it is.
      mesh.frustumCulled = false;
      mesh.material = Array.isArray(mesh.material) ? mesh.material.map((one) => this.#own(one, dress)) : this.#own(mesh.material, dress);
      if (mesh.morphTargetDictionary) this.#faces.push(mesh);
    });
  }

  pose(poses: Poses, looksAt?: Vector3): void {
    put(this.#head, poses.head);
    const turn = this.#head.quaternion;
    const ahead = new Vector3(0, 0, -1).applyQuaternion(turn).setY(0).normalize();
    const eyes = this.#head.position;
    const sits = eyes.y < SITS_BELOW_M;
    for (const [bone, at] of this.#rest) bone.quaternion.copy(at);
    this.#model.scale.setScalar(sits ? 1 : Math.min(TALLEST, Math.max(SHORTEST, eyes.y / this.#eyesHigh_m)));
    this.#model.position.set(0, 0, 0);
    this.#model.quaternion.setFromAxisAngle(UP, Math.atan2(ahead.x, ahead.z));
    this.#model.updateWorldMatrix(true, true);
    turnTo(this.#bones.Head, turn.clone().multiply(HALF_TURN).multiply(this.#headRest));
    this.#model.position.copy(eyes.clone().sub(this.#eyes()));
    this.#model.updateWorldMatrix(true, true);
    if (looksAt) this.#look(looksAt);
    this.#stool.visible = sits;
    if (sits) this.#sit(ahead);
    for (const [i, arm] of this.#arms.entries()) this.#reach(arm, i === 0 ? poses.left : poses.right, ahead);
  }

  /** How far the mouth is open, 0…1, from how loud somebody speaks. */
  set mouth(open: number) {
    this.#express('MouthOpen', open);
  }

  /** How far the lids are closed, 0…1. */
  blink(closed: number): void {
    this.#express('LeyeClose', closed);
    this.#express('ReyeClose', closed);
  }

  #express(what: string, share: number): void {
    for (const face of this.#faces) {
      const names = face.morphTargetDictionary ?? {};
      // The models' names carry a prefix and a suffix of their maker's.
      const at = Object.entries(names).find(([name]) => name.includes(what))?.[1];
      if (at !== undefined && face.morphTargetInfluences) face.morphTargetInfluences[at] = share;
    }
  }

  wear(colour: Color): void {
    this.#worn.copy(colour);
  }

  #own(shared: Material, dress: Dress): Material {
    const own = this.#materials.get(shared) ?? dyed(shared, dress, this.#worn);
    this.#materials.set(shared, own);
    return own;
  }

  /** How much of the figure is to be seen, 0…1. */
  fade(seen: number): void {
    for (const material of this.#materials.values()) [material.transparent, material.opacity, material.depthWrite] = [seen < 1, seen, seen === 1];
  }

  /** Eyes look at a place, as far as they turn in the head. */
  #look(at: Vector3): void {
    const ahead = new Vector3(0, 0, -1).applyQuaternion(this.#head.quaternion);
    for (const eye of [this.#bones.LeftEye, this.#bones.RightEye]) {
      turnTo(eye, eyeTurn(ahead, worldOf(eye), at).multiply(eye.getWorldQuaternion(new Quaternion())));
    }
  }

  dispose(): void {
    // Shapes and pictures belong to the model that everybody of this look shares.
    this.group.removeFromParent();
    for (const material of this.#materials.values()) material.dispose();
    this.#model.traverse((part) => (part as { skeleton?: { dispose(): void } }).skeleton?.dispose());
  }

  /** The middle between the eyes, in the room. */
  #eyes(): Vector3 {
    return worldOf(this.#bones.LeftEye).add(worldOf(this.#bones.RightEye)).multiplyScalar(0.5);
  }

  /** Feet on the floor before the seat, knees up and ahead. */
  #sit(ahead: Vector3): void {
    const hips = worldOf(this.#bones.LeftUpLeg).add(worldOf(this.#bones.RightUpLeg)).multiplyScalar(0.5);
    this.#stool.position.set(hips.x, 0, hips.z);
    this.#stool.scale.y = Math.max(0.1, hips.y - SEAT_BELOW_M);
    for (const name of ['Left', 'Right'] as const) {
      const [hip, foot] = [this.#bones[`${name}UpLeg`], this.#bones[`${name}Foot`]];
      const onFloor = worldOf(hip).addScaledVector(ahead, FEET_AHEAD_M).setY(this.#ankleHigh_m);
      bend(hip, this.#bones[`${name}Leg`], foot, onFloor, ahead.clone().add(UP));
    }
  }

  /** Shoulder and elbow bend so that the hand comes to where it is tracked, or hangs beside the body. */
  #reach({ upper, fore, hand, side, handRest, fingers }: Arm, tracked: Hand | null | undefined, ahead: Vector3): void {
    fingers.show(tracked?.fingers);
    const out = new Vector3().crossVectors(UP, ahead).multiplyScalar(side);
    const hangs = (): Vector3 => worldOf(upper).addScaledVector(UP, -1).addScaledVector(out, 0.15).addScaledVector(ahead, 0.1);
    // Elbows point down, a little out and back.
    const pole = UP.clone().negate().addScaledVector(out, 0.4).addScaledVector(ahead, -0.5);
    bend(upper, fore, hand, tracked ? new Vector3(...tracked.position_m) : hangs(), pole);
    if (tracked) turnTo(hand, new Quaternion(...tracked.rotation).normalize().multiply(handRest));
  }
}

const HALF_TURN = new Quaternion().setFromAxisAngle(UP, Math.PI);

function bonesOf(model: Object3D): Bones {
  return Object.fromEntries(
    BONES.map((name) => {
      const bone = model.getObjectByName(name);
      if (!bone) throw new Error(`the figure has no bone ${name}`);
      return [name, bone];
    }),
  ) as Bones;
}

function armOf(model: Object3D, bones: Bones, name: 'Left' | 'Right'): Arm {
  const side = name === 'Left' ? 1 : -1;
  const hand = bones[`${name}Hand`];
  const handRest = new Quaternion().setFromAxisAngle(UP, (side * Math.PI) / 2).multiply(hand.getWorldQuaternion(new Quaternion()));
  return { upper: bones[`${name}Arm`], fore: bones[`${name}ForeArm`], hand, side, handRest, fingers: new FingerBones(model, name) };
}

const worldOf = (thing: Object3D): Vector3 => thing.getWorldPosition(new Vector3());

/** Bends a limb of two bones so that its end comes to a place, or as near as it reaches; the joint goes towards `pole`. */
function bend(upper: Object3D, lower: Object3D, end: Object3D, at: Vector3, pole: Vector3): void {
  const [root, joint, tip] = [worldOf(upper), worldOf(lower), worldOf(end)];
  const [a, b] = [root.distanceTo(joint), joint.distanceTo(tip)];
  const way = at.clone().sub(root);
  const far = Math.min(way.length(), (a + b) * 0.999);
  if (far < Math.abs(a - b) + 0.01) return;
  way.normalize();
  const along = (a * a - b * b + far * far) / (2 * far);
  const aside = Math.sqrt(Math.max(0, a * a - along * along));
  const towards = pole.clone().addScaledVector(way, -pole.dot(way)).normalize();
  aim(upper, lower, root.clone().addScaledVector(way, along).addScaledVector(towards, aside));
  aim(lower, end, root.clone().addScaledVector(way, far));
}

/** Turns a bone so that its child lies in the direction of a place. */
function aim(bone: Object3D, child: Object3D, at: Vector3): void {
  const from = worldOf(bone);
  const turn = new Quaternion().setFromUnitVectors(worldOf(child).sub(from).normalize(), at.clone().sub(from).normalize());
  turnTo(bone, turn.multiply(bone.getWorldQuaternion(new Quaternion())));
}

/** Gives a bone its turn in the room. */
function turnTo(bone: Object3D, turn: Quaternion): void {
  const parent = (bone as Bone).parent;
  bone.quaternion.copy(turn);
  if (parent) bone.quaternion.premultiply(parent.getWorldQuaternion(new Quaternion()).invert());
  bone.updateWorldMatrix(false, true);
}
