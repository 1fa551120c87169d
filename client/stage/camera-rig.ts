import { Group, PerspectiveCamera, Vector3 } from 'three';
import { HOLOGRAM_HEIGHT_M } from './room-scene';

export interface View {
  /** Around the table: 0 looks from the front, as the patient faces. */
  readonly yaw: number;
  readonly pitch: number;
  readonly distance_m: number;
}

const LIMITS = { pitch: [-0.35, 1.2], distance: [0.55, 3.6] } as const;

/** The visitor's eyes: they walk round the hologram and look at its middle. In a headset the rig is the floor under them. */
export class CameraRig {
  readonly rig = new Group();
  readonly camera = new PerspectiveCamera(38, 1, 0.08, 30);
  #wanted: View = { yaw: 0, pitch: 0.12, distance_m: 1.75 };
  #now: View = this.#wanted;
  #reduced = false;
  #target = new Vector3(0, HOLOGRAM_HEIGHT_M, 0);

  constructor() {
    this.rig.add(this.camera);
  }

  set reducedMotion(reduced: boolean) {
    this.#reduced = reduced;
  }

  get view(): View {
    return this.#wanted;
  }

  set view(view: View) {
    const clamp = (value: number, [low, high]: readonly [number, number]): number => Math.min(high, Math.max(low, value));
    this.#wanted = { yaw: view.yaw, pitch: clamp(view.pitch, LIMITS.pitch), distance_m: clamp(view.distance_m, LIMITS.distance) };
  }

  /** The wanted view, to come back to. */
  copy(): View {
    return { ...this.#wanted };
  }

  /** The ray of the room that goes through a point of the page, where `shown` is the canvas's place on it. */
  ray(shown: DOMRect, clientX: number, clientY: number): { origin: Vector3; direction: Vector3 } {
    const x = ((clientX - shown.left) / shown.width) * 2 - 1;
    const y = 1 - ((clientY - shown.top) / shown.height) * 2;
    const origin = this.camera.getWorldPosition(new Vector3());
    const direction = new Vector3(x, y, 0.5).unproject(this.camera).sub(origin).normalize();
    return { origin, direction };
  }

  resize(width: number, height: number): void {
    const aspect = width / Math.max(1, height);
    this.camera.aspect = aspect;
    // The hologram is as high as wide: on a narrow screen the angle opens until its width fits.
    this.camera.fov = aspect >= 1 ? 38 : Math.min(70, (2 * Math.atan(Math.tan((19 * Math.PI) / 180) / Math.max(aspect, 0.4) * 0.92) * 180) / Math.PI);
    this.camera.updateProjectionMatrix();
  }

  /** Moves towards the wanted view; true while still on the way. */
  update(seconds: number): boolean {
    const share = this.#reduced ? 1 : 1 - Math.exp(-seconds * 12);
    const towards = (a: number, b: number): number => (Math.abs(b - a) < 1e-4 ? b : a + (b - a) * share);
    const [now, wanted] = [this.#now, this.#wanted];
    const next = { yaw: towards(now.yaw, wanted.yaw), pitch: towards(now.pitch, wanted.pitch), distance_m: towards(now.distance_m, wanted.distance_m) };
    const moving = next.yaw !== now.yaw || next.pitch !== now.pitch || next.distance_m !== now.distance_m;
    this.#now = next;
    const flat = Math.cos(next.pitch) * next.distance_m;
    this.camera.position.set(Math.sin(next.yaw) * flat, this.#target.y + Math.sin(next.pitch) * next.distance_m, Math.cos(next.yaw) * flat);
    this.camera.lookAt(this.#target.x, this.#target.y - 0.06, this.#target.z);
    this.camera.updateMatrixWorld();
    return moving;
  }
}
