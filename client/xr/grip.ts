import { Quaternion, Vector3 } from 'three';
import type { Holdable } from '../stage/own-hand';
import { carried, type Rigid } from '../stage/turning';

/**
 * Hands on the hologram, a board or a page: one carries it, two turn and scale it together.
 * Whichever hands hold it, each frame's change is applied to where it was the frame before.
 */
export class Grip {
  readonly #held: Holdable;
  readonly #hands = new Map<string, Rigid>();

  constructor(held: Holdable) {
    this.#held = held;
  }

  get holding(): boolean {
    return this.#hands.size > 0;
  }

  /** Whether one of the hands that hold it is this one. */
  holds(hand: string): boolean {
    return this.#hands.has(hand);
  }

  /** A hand closes on it; false if it cannot be had. */
  close(hand: string, at: Rigid): boolean {
    if (!this.#held.grab(performance.now())) return false;
    this.#hands.set(hand, clone(at));
    return true;
  }

  open(hand: string): void {
    if (this.#hands.delete(hand) && this.#hands.size === 0) this.#held.release(performance.now());
  }

  openAll(): void {
    for (const hand of [...this.#hands.keys()]) this.open(hand);
  }

  /** Moves it with the hands that hold it. */
  follow(poseOf: (hand: string) => Rigid | undefined): void {
    const names = [...this.#hands.keys()].slice(0, 2);
    const before = names.map((name) => this.#hands.get(name));
    const after = names.map(poseOf);
    const [a0, b0, a1, b1] = [before[0], before[1], after[0], after[1]];
    if (a0 && b0 && a1 && b1) {
      const span = [a0.position.distanceTo(b0.position), a1.position.distanceTo(b1.position)] as const;
      this.#held.carry((t) => carried(t, between(a0, b0), between(a1, b1), span[1] / Math.max(0.02, span[0])));
    } else if (a0 && a1) this.#held.carry((t) => carried(t, a0, a1));
    names.forEach((name, i) => {
      const pose = after[i];
      if (pose) this.#hands.set(name, clone(pose));
    });
  }
}

/** A frame between two hands: its middle, turned as the line between them and their mean roll. */
export function between(a: Rigid, b: Rigid): Rigid {
  const across = b.position.clone().sub(a.position).normalize();
  const rolled = new Vector3(0, 1, 0).applyQuaternion(a.rotation).add(new Vector3(0, 1, 0).applyQuaternion(b.rotation));
  const up = rolled.addScaledVector(across, -rolled.dot(across));
  if (up.lengthSq() < 1e-6) up.set(0, 1, 0).addScaledVector(across, -across.y);
  up.normalize();
  const rotation = new Quaternion().setFromUnitVectors(new Vector3(1, 0, 0), across);
  const tilted = new Vector3(0, 1, 0).applyQuaternion(rotation);
  const twist = Math.atan2(new Vector3().crossVectors(tilted, up).dot(across), tilted.dot(up));
  rotation.premultiply(new Quaternion().setFromAxisAngle(across, twist));
  return { position: a.position.clone().add(b.position).multiplyScalar(0.5), rotation };
}

function clone(rigid: Rigid): Rigid {
  return { position: rigid.position.clone(), rotation: rigid.rotation.clone() };
}
