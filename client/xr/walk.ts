import { type Group, Mesh, MeshBasicMaterial, type Object3D, RingGeometry, Vector3 } from 'three';

export type Side = 'left' | 'right';

const SNAP = Math.PI / 6;
const PUSHED = 0.65;
const RELEASED = 0.3;
/** Aimed no farther than one still sees where to. */
const FARTHEST_M = 8;
const UP = new Vector3(0, 1, 0);

/** Thumbstick: left and right turn by 30°, forward aims along the ray at the floor, letting go takes one there. */
export class Walk {
  readonly mark: Mesh;
  /** Called when somebody has come elsewhere, or turned, at once. */
  onMoved: () => void = () => undefined;
  readonly #rig: Group;
  readonly #free: (x: number, z: number) => boolean;
  readonly #held = new Map<string, 'turn' | 'aim'>();
  #aim: Vector3 | undefined;

  /** `free` tells where one may stand: not in walls, nor in what stands there. */
  constructor(rig: Group, free: (x: number, z: number) => boolean) {
    [this.#rig, this.#free] = [rig, free];
    this.mark = new Mesh(new RingGeometry(0.14, 0.18, 48).rotateX(-Math.PI / 2), new MeshBasicMaterial({ color: 0x58c4c8, transparent: true, opacity: 0.85 }));
    this.mark.name = 'way';
    this.mark.visible = false;
  }

  update(hand: string, stick: readonly [number, number], origin: Vector3, direction: Vector3, head: Vector3): void {
    const [x, y] = stick;
    const doing = this.#held.get(hand);
    if (Math.hypot(x, y) < RELEASED) {
      if (doing === 'aim' && this.#aim) this.go(this.#aim, head);
      if (doing === 'aim') this.mark.visible = false;
      this.#held.delete(hand);
      return;
    }
    if (!doing && Math.abs(x) > PUSHED && Math.abs(x) > Math.abs(y)) {
      this.#held.set(hand, 'turn');
      this.turn(x < 0 ? 'left' : 'right', head);
    } else if (!doing && y < -PUSHED) this.#held.set(hand, 'aim');
    if (this.#held.get(hand) === 'aim') this.#aimAt(origin, direction);
  }

  /** A hand that is lost brings nobody anywhere, also not when it is found again. */
  forget(hand: string): void {
    if (this.#held.get(hand) === 'aim') this.mark.visible = false;
    this.#held.delete(hand);
  }

  dispose(): void {
    this.mark.geometry.dispose();
    (this.mark.material as MeshBasicMaterial).dispose();
    this.mark.removeFromParent();
  }

  /** Where a ray meets the floor, if one may stand there. */
  spot(origin: Vector3, direction: Vector3): Vector3 | undefined {
    if (direction.y >= -0.05) return undefined;
    const at = origin.clone().addScaledVector(direction, -origin.y / direction.y);
    return at.distanceTo(origin) < FARTHEST_M && this.#free(at.x, at.z) ? at.setY(0) : undefined;
  }

  #aimAt(origin: Vector3, direction: Vector3): void {
    this.#aim = this.spot(origin, direction);
    this.mark.visible = this.#aim !== undefined;
    if (this.#aim) this.mark.position.copy(this.#aim).setY(0.012);
  }

  /** Brings the head, not the middle of the real room, to the place; it may be turned there by an angle as well. */
  go(to: Vector3, head: Vector3, angle = 0): void {
    if (angle !== 0) turnAbout(this.#rig, head, angle);
    this.#rig.position.x += to.x - head.x;
    this.#rig.position.z += to.z - head.z;
    this.#rig.updateMatrixWorld(true);
    this.onMoved();
  }

  /** Turns about the head by one step, also for who has no thumbstick; answers by which angle. */
  turn(side: Side, head: Vector3): number {
    const angle = side === 'left' ? SNAP : -SNAP;
    this.go(head, head, angle);
    return angle;
  }
}

/** Turns something that stands upright about a point, on the level. */
export function turnAbout(thing: Object3D, { x, z }: Vector3, angle: number): void {
  const arm = new Vector3(thing.position.x - x, 0, thing.position.z - z).applyAxisAngle(UP, angle);
  [thing.position.x, thing.position.z] = [x + arm.x, z + arm.z];
  thing.rotation.y += angle;
}
