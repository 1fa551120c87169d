import { type Object3D, type Quaternion, Vector3 } from 'three';
import type { Rigid } from '../stage/turning';
import { turnAbout } from './walk';

/** Beside the table, as it stands for who comes in: they are before it, and have it a little to the left. */
const BESIDE_TABLE = new Vector3(-0.78, 1.38, -0.12);
const TOWARDS_rad = 0.55;
/** From farther away than this the panel at the table is hard to read and to hit. */
const FAR_M = 2;
/** What is farther aside than this is not found by turning the head a little. */
const ASIDE_rad = (70 * Math.PI) / 180;
/** The least share of its front that is turned to the eyes, and how near to them it may be. */
const FRONT = 0.35;
const NEAREST_M = 0.4;
/** It stays where it is where it would come to stand this near. */
const SMALL_M = 0.6;
/** Beside the head: how far away, aside in turn, a little below the eyes and not in the floor. */
const AWAY_M = [0.95, 0.6] as const;
const BESIDE_rad = [0.5, -0.5, 0, 0.9, -0.9] as const;
const BELOW_M = 0.2;
const LOWEST_M = 0.5;
/** The head is known where somebody was brought once that was drawn. */
const FRAMES = 2;
const UP = new Vector3(0, 1, 0);

/**
 * Where the panel of a room stands: it has one side, and for whoever has no thumbstick the only way back. So it is
 * brought to where they see and hit it: beside the table as seen from where they are, else beside them.
 */
export class PanelPlace {
  readonly #panel: Object3D;
  readonly #free: (x: number, z: number) => boolean;
  /** Frames until it is looked at whether it stands well. */
  #due = 0;

  /** `free` tells where something may stand: not in walls, nor in what stands there. */
  constructor(panel: Object3D, free: (x: number, z: number) => boolean) {
    [this.#panel, this.#free] = [panel, free];
    panel.position.copy(BESIDE_TABLE);
    panel.rotation.set(0, TOWARDS_rad, 0);
  }

  /** Somebody was brought elsewhere, or turned. */
  moved(): void {
    this.#due = FRAMES;
  }

  /** It turns with whoever presses it to be turned: what they press next is where it was. */
  turn(head: Vector3, angle: number): void {
    turnAbout(this.#panel, head, angle);
    const { x, z } = this.#panel.position;
    this.#due = this.#free(x, z) ? 0 : FRAMES;
  }

  /** Once a frame, with the head as it was drawn last. */
  update(head: Rigid): void {
    if (this.#due === 0) return;
    this.#due -= 1;
    if (this.#due === 0) this.#bring(head);
  }

  /** Whoever still sees it, and would have it near, goes on pointing at it where it is. */
  #bring({ position, rotation }: Rigid): void {
    const ahead = levelAhead(rotation);
    const at = besideTable(position, ahead) ?? this.#besideHead(position, ahead);
    if (this.#panel.position.distanceTo(at) < SMALL_M && this.#isSeen(position, ahead)) return;
    this.#panel.position.copy(at);
    this.#panel.rotation.set(0, Math.atan2(position.x - at.x, position.z - at.z), 0);
  }

  /** Whether no wall hides it, and its front is before the eyes. */
  #isSeen(eye: Vector3, ahead: Vector3): boolean {
    const { position, quaternion } = this.#panel;
    if (!this.#free(position.x, position.z)) return false;
    const to = position.clone().sub(eye);
    const front = new Vector3(0, 0, 1).applyQuaternion(quaternion);
    return to.length() > NEAREST_M && front.dot(to) < -FRONT * to.length() && asideOf(position, eye, ahead) < ASIDE_rad;
  }

  /** Before them, to the left as a rule; elsewhere where a wall or a thing is. */
  #besideHead(eye: Vector3, ahead: Vector3): Vector3 {
    const height_m = Math.max(LOWEST_M, eye.y - BELOW_M);
    const at = (far_m: number, turn: number): Vector3 => eye.clone().addScaledVector(ahead.clone().applyAxisAngle(UP, turn), far_m).setY(height_m);
    const places = AWAY_M.flatMap((far_m) => BESIDE_rad.map((turn) => at(far_m, turn)));
    return places.find(({ x, z }) => this.#free(x, z)) ?? at(AWAY_M[1], 0);
  }
}

/** Its place at the table as seen from where somebody is; undefined where they are far from it, or look elsewhere. */
function besideTable(eye: Vector3, ahead: Vector3): Vector3 | undefined {
  if (Math.hypot(eye.x, eye.z) > FAR_M) return undefined;
  const at = BESIDE_TABLE.clone().applyAxisAngle(UP, Math.atan2(eye.x, eye.z));
  return asideOf(at, eye, ahead) < ASIDE_rad ? at : undefined;
}

/** How far one turns from straight ahead to a place, about the vertical. */
function asideOf(at: Vector3, eye: Vector3, ahead: Vector3): number {
  return at.clone().sub(eye).setY(0).angleTo(ahead);
}

/** The way a head faces, on the level. */
export function levelAhead(rotation: Quaternion): Vector3 {
  const ahead = new Vector3(0, 0, -1).applyQuaternion(rotation).setY(0);
  return ahead.lengthSq() < 1e-6 ? new Vector3(0, 0, -1) : ahead.normalize();
}
