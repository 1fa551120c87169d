import { Mesh, MeshBasicMaterial, type PerspectiveCamera, SphereGeometry, Vector3 } from 'three';

/** Where keys lead it, right and up, and how far, in shares of half the height of what is seen. */
const LEADS: Readonly<Record<string, readonly [right: number, up: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
const [LEAD, WIDE_LEAD] = [0.025, 0.125];
/** It stays within what is seen, whose edges are at 1. */
const EDGE = 0.98;

/** The laser led by keys over what one sees, as a pointer leads it. */
export class KeyLaser {
  /** Where it ends, for whoever leads it; the others see the ray. */
  readonly dot = new Mesh(new SphereGeometry(0.01, 16, 12), new MeshBasicMaterial({ color: '#ffffff' }));
  /** Does along a ray what a click does. */
  onUse: (origin: Vector3, direction: Vector3) => void = () => undefined;
  readonly #camera: PerspectiveCamera;
  readonly #ends: (origin: Vector3, direction: Vector3) => Vector3;
  #at: Vector3 | undefined;

  /** `ends` says where a ray of the room ends. */
  constructor(camera: PerspectiveCamera, ends: (origin: Vector3, direction: Vector3) => Vector3) {
    [this.#camera, this.#ends] = [camera, ends];
    this.dot.visible = false;
  }

  /** Where keys have led it; nowhere while they do not. */
  get at(): Vector3 | undefined {
    return this.#at;
  }

  /** Keys lead it, do what a click does and put it out; `false` for any other key. */
  press({ key, shiftKey }: Pick<KeyboardEvent, 'key' | 'shiftKey'>): boolean {
    const lead = LEADS[key];
    if (lead) this.#lead(lead, shiftKey ? WIDE_LEAD : LEAD);
    else if (key === 'Enter' || key === ' ') this.#use();
    else return key === 'Escape' && this.putOut();
    return true;
  }

  /** True where it was lit. */
  putOut(): boolean {
    const wasLit = this.#at !== undefined;
    this.#light(undefined);
    return wasLit;
  }

  dispose(): void {
    this.dot.removeFromParent();
    this.dot.geometry.dispose();
    this.dot.material.dispose();
  }

  #lead([right, up]: readonly [number, number], by: number): void {
    const [x, y] = this.#seen();
    const within = (share: number): number => Math.min(EDGE, Math.max(-EDGE, share));
    const { origin, direction } = this.#ray(new Vector3(within(x + (right * by) / this.#camera.aspect), within(y + up * by), 0.5).unproject(this.#camera));
    this.#light(this.#ends(origin, direction));
  }

  #use(): void {
    if (!this.#at) return this.#lead([0, 0], 0);
    const { origin, direction } = this.#ray(this.#at);
    this.onUse(origin, direction);
  }

  /** Where it is seen to end; what is behind the eye since one walked on is not seen, and it begins at the middle. */
  #seen(): readonly [number, number] {
    const seen = this.#at?.clone().project(this.#camera);
    return seen && Math.abs(seen.z) <= 1 ? [seen.x, seen.y] : [0, 0];
  }

  #ray(through: Vector3): { readonly origin: Vector3; readonly direction: Vector3 } {
    const origin = this.#camera.getWorldPosition(new Vector3());
    return { origin, direction: through.clone().sub(origin).normalize() };
  }

  #light(at: Vector3 | undefined): void {
    this.#at = at;
    this.dot.visible = at !== undefined;
    if (at) this.dot.position.copy(at);
  }
}
