import { CapsuleGeometry, Color, CylinderGeometry, Group, LatheGeometry, Mesh, MeshBasicMaterial, MeshStandardMaterial, type Object3D, SphereGeometry, SplineCurve, Vector2, Vector3 } from 'three';
import { Label } from './label';
import type { Participant, Pose, Poses, RoomView } from './room-view';

/** Told apart by hue; the name stands above each. */
const COLOURS = ['#6fc3df', '#e2b36a', '#9ac48a', '#c79bd8', '#e08f86', '#8fa6e0'];

/** Less movement than this is not worth a frame: half a millimetre, or as much of a turn. */
const STILL = 0.0005;

/** One person: a bust with a name, hands where they are tracked, a ray where they point. */
class Avatar {
  readonly group = new Group();
  readonly #head = new Group();
  readonly #bust = new Group();
  readonly #hands: [Mesh, Mesh];
  readonly #ray: Mesh;
  readonly #dot: Mesh;
  readonly #label: Label;
  readonly #materials: (MeshStandardMaterial | MeshBasicMaterial)[];
  #shown: readonly number[] = [];

  constructor(participant: Participant, colour: string, shapes: Shapes) {
    const tint = new Color(colour);
    const skin = new MeshStandardMaterial({ color: new Color('#dfe5e6').lerp(tint, 0.12), roughness: 0.62 });
    const coat = new MeshStandardMaterial({ color: new Color('#e9eef0').lerp(tint, 0.1), roughness: 0.8 });
    const dark = new MeshStandardMaterial({ color: new Color('#2a3138').lerp(tint, 0.08), roughness: 0.9 });
    const accent = new MeshStandardMaterial({ color: tint, roughness: 0.5, emissive: tint.clone().multiplyScalar(0.12) });
    const light = new MeshBasicMaterial({ color: tint, transparent: true, opacity: 0.7, depthWrite: false });
    this.#materials = [skin, coat, dark, accent, light];
    const face = new Mesh(shapes.head, skin);
    face.scale.set(0.86, 1.08, 0.95);
    const [visor, hair] = [new Mesh(shapes.visor, accent), new Mesh(shapes.hair, dark)];
    for (const part of [visor, hair]) part.scale.copy(face.scale);
    this.#head.add(face, visor, hair);
    const collar = new Mesh(shapes.collar, accent);
    collar.position.y = -0.135;
    this.#bust.add(new Mesh(shapes.bust, coat), new Mesh(shapes.neck, skin), collar);
    this.#hands = [new Mesh(shapes.hand, skin), new Mesh(shapes.hand, skin)];
    this.#ray = new Mesh(shapes.ray, light);
    this.#dot = new Mesh(shapes.dot, light);
    this.#dot.renderOrder = 33;
    this.#label = new Label(participant.name, { height: 0.024 });
    [this.group.name, this.#head.name] = ['person', 'head'];
    this.group.add(this.#head, this.#bust, ...this.#hands, this.#ray, this.#dot, this.#label.sprite);
    this.group.visible = false;
  }

  set name(name: string) {
    this.#label.text = name;
  }

  /** Takes the poses; true if that changes what is seen. */
  show(poses: Poses | undefined): boolean {
    const now = numbersOf(poses);
    if (now.length === this.#shown.length && now.every((n, i) => Math.abs(n - (this.#shown[i] ?? 0)) < STILL)) return false;
    this.#shown = now;
    this.group.visible = poses !== undefined;
    if (poses) this.#pose(poses);
    return true;
  }

  #pose(poses: Poses): void {
    put(this.#head, poses.head);
    // The shoulders turn with the head about the vertical only, and less.
    const ahead = new Vector3(0, 0, -1).applyQuaternion(this.#head.quaternion);
    this.#bust.position.copy(this.#head.position);
    this.#bust.rotation.set(0, Math.atan2(-ahead.x, -ahead.z), 0);
    this.#label.place(this.#head.position.clone().setY(this.#head.position.y + 0.2));
    for (const [i, pose] of [poses.left, poses.right].entries()) {
      const hand = this.#hands[i];
      if (!hand) continue;
      hand.visible = !!pose;
      if (pose) put(hand, pose);
    }
    const pointing = poses.pointer?.on ? poses.pointer : undefined;
    this.#ray.visible = this.#dot.visible = pointing !== undefined;
    if (!pointing) return;
    const [from, to] = [new Vector3(...pointing.origin_m), new Vector3(...pointing.hit_m)];
    this.#ray.position.copy(from);
    this.#ray.lookAt(to);
    this.#ray.scale.set(1, 1, Math.max(0.001, from.distanceTo(to)));
    this.#dot.position.copy(to);
  }

  dispose(): void {
    this.group.removeFromParent();
    this.#label.dispose();
    for (const material of this.#materials) material.dispose();
  }
}

/** All numbers of poses in one row; a part that is not there makes it shorter. */
function numbersOf(poses: Poses | undefined): number[] {
  if (!poses) return [];
  const { head, left, right, pointer } = poses;
  const rigid = [head, left, right].flatMap((pose) => (pose ? [...pose.position_m, ...pose.rotation] : []));
  return pointer?.on ? [...rigid, ...pointer.origin_m, ...pointer.hit_m] : rigid;
}

type Shapes = ReturnType<typeof makeShapes>;

function makeShapes() {
  const profile = [[0.001, -0.43], [0.13, -0.425], [0.19, -0.385], [0.212, -0.31], [0.2, -0.235], [0.14, -0.185], [0.07, -0.155], [0.05, -0.138]];
  const outline = new SplineCurve(profile.map(([x, y]) => new Vector2(x, y))).getPoints(40).map((p) => p.setX(Math.max(0.001, p.x)));
  const bust = new LatheGeometry(outline, 48);
  bust.scale(1, 1, 0.62);
  return {
    head: new SphereGeometry(0.105, 32, 24),
    // The face looks along −Z: a band before the eyes, hair behind and above.
    visor: new SphereGeometry(0.107, 32, 6, Math.PI * 1.2, Math.PI * 0.6, Math.PI * 0.4, Math.PI * 0.11),
    hair: new SphereGeometry(0.109, 32, 16, 0, Math.PI * 2, 0, Math.PI * 0.52).rotateX(0.62),
    bust,
    neck: new CylinderGeometry(0.042, 0.05, 0.12, 20).translate(0, -0.11, 0),
    collar: new CylinderGeometry(0.052, 0.064, 0.022, 24),
    hand: new CapsuleGeometry(0.026, 0.07, 6, 14).rotateX(Math.PI / 2).scale(1.15, 0.7, 1),
    ray: new CylinderGeometry(0.0014, 0.0026, 1, 8, 1, true).rotateX(Math.PI / 2).translate(0, 0, 0.5),
    dot: new SphereGeometry(0.007, 14, 10),
  };
}

/** Everybody else in the room. */
export class Avatars {
  readonly group = new Group();
  readonly #room: RoomView;
  readonly #shapes = makeShapes();
  readonly #avatars = new Map<string, Avatar>();

  constructor(room: RoomView) {
    this.#room = room;
  }

  /** Who is here and where; true if anybody moved, came or went, so that the room needs drawing again. */
  update(nowMs: number): boolean {
    let changed = false;
    const here = [...this.#room.participants()];
    const order = here.map((p) => p.id).sort();
    for (const participant of here) {
      if (participant.id === this.#room.selfId) continue;
      let avatar = this.#avatars.get(participant.id);
      if (!avatar) {
        const colour = participant.colour ?? COLOURS[order.indexOf(participant.id) % COLOURS.length] ?? '#6fc3df';
        avatar = new Avatar(participant, colour, this.#shapes);
        this.#avatars.set(participant.id, avatar);
        this.group.add(avatar.group);
      }
      avatar.name = participant.name;
      if (avatar.show(this.#room.poses(participant.id, nowMs))) changed = true;
    }
    for (const [id, avatar] of this.#avatars) {
      if (order.includes(id)) continue;
      avatar.dispose();
      this.#avatars.delete(id);
      changed = true;
    }
    return changed;
  }

  dispose(): void {
    for (const avatar of this.#avatars.values()) avatar.dispose();
    for (const shape of Object.values(this.#shapes)) shape.dispose();
    this.group.removeFromParent();
  }
}

function put(object: Object3D, pose: Pose): void {
  object.position.set(...pose.position_m);
  object.quaternion.set(...pose.rotation).normalize();
}
