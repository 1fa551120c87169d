import { Color, CylinderGeometry, Group, Mesh, MeshBasicMaterial, type Object3D, SphereGeometry, TorusGeometry, Vector3 } from 'three';
import { type Dress, figureFor } from '../core/figures';
import { RESTING } from '../core/hands';
import { Bust, Busts } from './bust';
import { Figure } from './figure';
import { type Figures, MOST_FIGURES } from './figures';
import { Label } from './label';
import { lidsAt, presenceAt } from './liveliness';
import type { Participant, Pose, Poses, RoomView } from './room-view';

/** Told apart by hue; the name stands above each. */
const COLOURS = ['#6fc3df', '#e2b36a', '#9ac48a', '#c79bd8', '#e08f86', '#8fa6e0'];

/** Less movement than this is not worth a frame: half a millimetre, or as much of a turn. */
const STILL = 0.0005;

/** What a person looks like, without name and pointer. */
export interface Body {
  readonly group: Group;
  /** Takes a pose; eyes look at a place where there is one to look at. */
  pose(poses: Poses, looksAt?: Vector3): void;
  /** How far the mouth is open, from 0 to 1, where there is one. */
  mouth?: number;
  /** How far the lids are closed, from 0 to 1, where there are some. */
  blink?(closed: number): void;
  /** Clothes take the colour that somebody wears. */
  wear(colour: Color): void;
  /** How much of it is to be seen, from 0 to 1. */
  fade(seen: number): void;
  dispose(): void;
}

/** A voice this loud opens the waves beside the head all the way. */
const LOUD = 0.15;
const WAVES = 3;
/** Lips that move less than this are not worth a frame. */
const LIPS_STILL = 0.1;

/** Lids and shades that change less than this are not worth a frame. */
const [LIDS_STILL, SHADE_STILL] = [0.2, 0.04];
/** Of somebody whose line is broken this much is to be seen. */
const AWAY = 0.4;

/** A figure that could not be had is asked for again after this long; each time that it fails doubles the wait, up to the longest. */
const [AGAIN_MS, LONGEST_WAIT_MS] = [5_000, 300_000];

/** One person: a body with a name, a ray where they point, waves beside the head while they speak. */
class Avatar {
  readonly group = new Group();
  /** The figure that it has; none while it is a bust. */
  looks: string | undefined;
  /** The figure that is on its way to it. */
  awaits: string | undefined;
  readonly #ray: Mesh;
  readonly #dot: Mesh;
  readonly #label: Label;
  readonly #light: MeshBasicMaterial;
  /** A shape says who speaks, so that no colour is needed to tell; the louder, the more waves. */
  readonly #waves = new Group();
  #waved = 0;
  readonly #worn = new Color();
  #colour = '';
  #loud = 0;
  #lids = 0;
  #seen = 1;
  #looksAt: Vector3 | undefined;
  #body: Body;
  #poses: Poses | undefined;
  #shown: readonly number[] = [];

  constructor(participant: Participant, tint: Color, shapes: Shapes, body: Body) {
    this.#body = body;
    this.#worn.copy(tint);
    this.#light = new MeshBasicMaterial({ color: tint, transparent: true, opacity: 0.7, depthWrite: false });
    this.#ray = new Mesh(shapes.ray, this.#light);
    this.#dot = new Mesh(shapes.dot, this.#light);
    this.#dot.renderOrder = 33;
    this.#label = new Label(nameplate(participant), { height: 0.024 });
    this.group.name = 'person';
    this.group.userData = { participant: participant.id };
    this.#waves.add(...shapes.waves.map((wave) => new Mesh(wave, this.#light)));
    this.#waves.visible = false;
    this.group.add(body.group, this.#ray, this.#dot, this.#waves, this.#label.sprite);
    this.group.visible = false;
  }

  /** Wears another colour; true if it is another. */
  wear(colour: string): boolean {
    if (colour === this.#colour) return false;
    this.#colour = colour;
    this.#worn.set(colour);
    this.#light.color.copy(this.#worn);
    this.#body.wear(this.#worn);
    return true;
  }

  /** Has another name plate; true if it is another. */
  call(name: string): boolean {
    if (name === this.#label.text) return false;
    this.#label.text = name;
    return true;
  }

  get isFigure(): boolean {
    return this.#body instanceof Figure;
  }

  /** Another look, in the same pose. */
  set body(body: Body) {
    this.#body.dispose();
    this.#body = body;
    this.group.add(body.group);
    body.wear(this.#worn);
    if (this.#poses) body.pose(this.#poses, this.#looksAt);
    body.fade(this.#seen);
    this.#move();
  }

  /** Shows that they speak, and how loud; true if that changes what is seen. */
  speak(speaking: boolean, loudness: number): boolean {
    const loud = speaking ? Math.min(1, loudness / LOUD) : 0;
    const waved = speaking ? 1 + Math.round(loud * (WAVES - 1)) : 0;
    if (waved === this.#waved && Math.abs(loud - this.#loud) < LIPS_STILL) return false;
    [this.#waved, this.#loud] = [waved, loud];
    this.#move();
    this.#waves.visible = speaking;
    for (const [at, wave] of this.#waves.children.entries()) wave.visible = at % WAVES < waved;
    return true;
  }

  /** Lips move as a camera sees them, else as loud as somebody speaks. */
  #move(): void {
    this.#body.mouth = this.#poses?.mouth ?? this.#loud;
  }

  /** Lids close and open; true if that changes what is seen. */
  blink(closed: number): boolean {
    if (!this.#body.blink || !this.group.visible || (Math.abs(closed - this.#lids) < LIDS_STILL && (closed > 0 || this.#lids === 0))) return false;
    this.#lids = closed;
    this.#body.blink(closed);
    return true;
  }

  /** Fades within one's personal space, and while their line is broken; true if that changes what is seen. */
  fade(eye: Vector3, away: boolean): boolean {
    if (!this.#poses) return false;
    const seen = presenceAt(eye.distanceTo(new Vector3(...this.#poses.head.position_m))) * (away ? AWAY : 1);
    if (Math.abs(seen - this.#seen) < SHADE_STILL) return false;
    this.#seen = seen;
    this.#body.fade(seen);
    return true;
  }

  /** Takes the poses, and what they look at; true if that changes what is seen. */
  show(poses: Poses | undefined, looksAt: Vector3 | undefined): boolean {
    const now = poses && looksAt ? [...numbersOf(poses), ...looksAt] : numbersOf(poses);
    if (now.length === this.#shown.length && now.every((n, i) => Math.abs(n - (this.#shown[i] ?? 0)) < STILL)) return false;
    this.#shown = now;
    [this.#poses, this.#looksAt] = [poses, looksAt];
    this.group.visible = poses !== undefined;
    if (poses) this.#pose(poses);
    return true;
  }

  #pose(poses: Poses): void {
    this.#body.pose(poses, this.#looksAt);
    this.#move();
    const [x, y, z] = poses.head.position_m;
    this.#label.place(new Vector3(x, y + 0.2, z));
    this.#waves.position.set(x, y, z);
    const [, qy, , qw] = poses.head.rotation;
    this.#waves.rotation.y = 2 * Math.atan2(qy, qw);
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
    this.#body.dispose();
    this.#label.dispose();
    this.#light.dispose();
  }
}

/** People look at what they point at, else at whoever speaks. */
function looksAt(poses: Poses | undefined, speaker: Vector3 | undefined): Vector3 | undefined {
  return poses?.pointer?.on ? new Vector3(...poses.pointer.hit_m) : speaker;
}

/** Name, what they are here, and the state of their licence, as it stands above the head. */
function nameplate({ name, badge }: Participant): string {
  return badge ? `${name} · ${badge}` : name;
}

/** All numbers of poses in one row; a part that is not there makes it shorter. */
function numbersOf(poses: Poses | undefined): number[] {
  if (!poses) return [];
  const { head, left, right, pointer, mouth } = poses;
  const rigid = [head, left, right].flatMap((pose) => (pose ? [...pose.position_m, ...pose.rotation] : []));
  const fingers = [left, right].flatMap((hand) => (hand ? [...(hand.fingers ?? RESTING).curls, (hand.fingers ?? RESTING).spread] : []));
  const all = [...rigid, ...fingers, ...(typeof mouth === 'number' ? [mouth] : [])];
  return pointer?.on ? [...all, ...pointer.origin_m, ...pointer.hit_m] : all;
}

type Shapes = ReturnType<typeof makeShapes>;

function makeShapes() {
  return {
    ray: new CylinderGeometry(0.0014, 0.0026, 1, 8, 1, true).rotateX(Math.PI / 2).translate(0, 0, 0.5),
    dot: new SphereGeometry(0.007, 14, 10),
    // Sound waves on both sides of the head.
    waves: [0, Math.PI].flatMap((side) => [0.15, 0.18, 0.21].map((radius) => new TorusGeometry(radius, 0.004, 6, 16, 1).rotateZ(side - 0.5))),
  };
}

/** Everybody else in the room. */
export class Avatars {
  readonly group = new Group();
  readonly #room: RoomView;
  readonly #shapes = makeShapes();
  readonly #busts = new Busts();
  readonly #avatars = new Map<string, Avatar>();
  readonly #figures: Figures | undefined;
  /** Whether people blink. */
  blinks = true;
  /** Somebody's figure came since the last look. */
  #arrived = false;
  /** Figures that could not be had: when each is asked for again, and how long was waited for that. */
  readonly #failed = new Map<string, { readonly again: number; readonly waited: number }>();
  #now = 0;

  /** Without `figures` everybody is a bust: for devices where every triangle is dear. */
  constructor(room: RoomView, figures: Figures | undefined) {
    this.#room = room;
    this.#figures = figures;
    this.group.name = 'people';
    this.group.add(this.#busts.group);
  }

  /** Who is here and where, as an eye sees it; true if anybody moved, came or went, so that the room needs drawing again. */
  update(nowMs: number, eye: Vector3): boolean {
    let changed = this.#arrived;
    this.#arrived = false;
    this.#now = nowMs;
    const here = [...this.#room.participants()];
    const order = here.map((p) => p.id).sort();
    const speaker = here.find((p) => p.speaking)?.id;
    const speaks = this.#headOf(speaker, nowMs, eye);
    for (const participant of here) {
      if (participant.id === this.#room.selfId) continue;
      let avatar = this.#avatars.get(participant.id);
      if (!avatar) {
        const tint = new Color(participant.colour ?? COLOURS[order.indexOf(participant.id) % COLOURS.length] ?? '#6fc3df');
        avatar = new Avatar(participant, tint, this.#shapes, new Bust(tint, this.#busts));
        this.#avatars.set(participant.id, avatar);
        this.group.add(avatar.group);
      }
      const { account = participant.id, dress = 'medical' } = participant;
      const looks = figureFor(account, dress, participant.figure);
      if (avatar.looks === looks) avatar.awaits = undefined;
      else if (this.#figures && avatar.awaits !== looks && this.#mayDress(avatar, looks)) void this.#dress(this.#figures, participant.id, avatar, looks, dress);
      if (avatar.call(nameplate(participant))) changed = true;
      if (participant.colour && avatar.wear(participant.colour)) changed = true;
      if (avatar.speak(participant.speaking ?? false, this.#room.loudness?.(participant.id) ?? 0)) changed = true;
      const poses = this.#room.poses(participant.id, nowMs);
      if (avatar.show(poses, looksAt(poses, speaker === participant.id ? undefined : speaks))) changed = true;
      if (avatar.fade(eye, participant.away ?? false)) changed = true;
      if (avatar.blink(this.blinks ? lidsAt(participant.id, nowMs) : 0)) changed = true;
    }
    for (const [id, avatar] of this.#avatars) {
      if (order.includes(id)) continue;
      avatar.dispose();
      this.#avatars.delete(id);
      changed = true;
    }
    if (changed) this.#busts.draw();
    return changed;
  }

  /** Where others look while somebody speaks: at their head, and at oneself where one's own eye is, so that eyes meet. */
  #headOf(speaker: string | undefined, nowMs: number, eye: Vector3): Vector3 | undefined {
    if (speaker === undefined) return undefined;
    if (speaker === this.#room.selfId) return eye.clone();
    const head = this.#room.poses(speaker, nowMs)?.head;
    return head && new Vector3(...head.position_m);
  }

  /** Whether there is room for one more figure, and this one may be asked for now. */
  #mayDress(avatar: Avatar, looks: string): boolean {
    if (this.#now < (this.#failed.get(looks)?.again ?? 0)) return false;
    const isOne = (one: Avatar): boolean => one.isFigure || one.awaits !== undefined;
    return isOne(avatar) || [...this.#avatars.values()].filter(isOne).length < MOST_FIGURES;
  }

  /** A bust stands in for the figure until it is there, and until somebody has made room for it. */
  async #dress(figures: Figures, id: string, avatar: Avatar, looks: string, dress: Dress): Promise<void> {
    avatar.awaits = looks;
    // They may have left, or chosen another figure, while this one was on its way.
    const isWanted = (): boolean => this.#avatars.get(id) === avatar && avatar.awaits === looks;
    try {
      const model = await figures.load(looks);
      this.#failed.delete(looks);
      if (!isWanted()) return;
      avatar.body = new Figure(model, dress);
      [avatar.looks, avatar.awaits] = [looks, undefined];
      this.#arrived = true;
    } catch {
      // No line, or no decoder: the room goes on with the bust, and asks again.
      this.#putOff(looks);
      if (isWanted()) avatar.awaits = undefined;
    }
  }

  /** Of all who look alike the first that fails puts it off. */
  #putOff(looks: string): void {
    const before = this.#failed.get(looks);
    if (before && before.again > this.#now) return;
    const waited = before ? Math.min(LONGEST_WAIT_MS, before.waited * 2) : AGAIN_MS;
    this.#failed.set(looks, { again: this.#now + waited, waited });
  }

  dispose(): void {
    for (const avatar of this.#avatars.values()) avatar.dispose();
    this.#avatars.clear();
    this.#busts.dispose();
    for (const shape of Object.values(this.#shapes).flat()) shape.dispose();
    this.group.removeFromParent();
  }
}

/** Puts a thing where a pose is. */
export function put(object: Object3D, pose: Pose): void {
  object.position.set(...pose.position_m);
  object.quaternion.set(...pose.rotation).normalize();
}
