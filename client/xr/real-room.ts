import { Vector3, type Group, type WebXRManager } from 'three';
import { headOf } from '../stage/head';
import { Bounds } from './bounds';
import type { Standing } from './placing';
import { RealSurfaces, type RaySource } from './surfaces';

/** In augmented reality: a place for the hologram is looked for, it stands on one, or in the air; or nothing finds any. */
export type SurfaceState = 'choosing' | 'placed' | 'free' | 'none';

/** The real room around somebody in a headset: the edge of its floor, its surfaces, and where it stands in the shared one. */
export class RealRoom {
  /** Called when another place is looked for, or one was found or left. */
  onSurface: (state: SurfaceState) => void = () => undefined;
  /** Called as one comes to the edge of the real floor. */
  onEdge: () => void = () => undefined;
  readonly #rig: Group;
  /** Whether a hologram stands here, for which a place can be looked for. */
  readonly #stands: () => boolean;
  readonly #bounds: Bounds;
  /** Where one sees the real room. */
  readonly #surfaces: RealSurfaces | undefined;
  /** Straight ahead of the head, for whoever has no hand. */
  #eyes: RaySource | undefined;
  #said: SurfaceState = 'none';

  constructor(rig: Group, session: XRSession, passthrough: boolean, stands: () => boolean) {
    [this.#rig, this.#stands] = [rig, stands];
    this.#bounds = new Bounds(session);
    this.#bounds.onEdge = () => this.onEdge();
    this.#surfaces = passthrough ? new RealSurfaces(session) : undefined;
    rig.add(this.#bounds.line);
    if (!this.#surfaces) return;
    rig.add(this.#surfaces.ring);
    session.requestReferenceSpace('viewer').then(
      (targetRaySpace) => (this.#eyes = { targetRaySpace }),
      () => undefined,
    );
  }

  get surface(): SurfaceState {
    if (!this.#stands() || !this.#surfaces?.able) return this.bears ? 'placed' : 'none';
    if (this.#surfaces.choosing) return 'choosing';
    return this.#surfaces.placed ? 'placed' : 'free';
  }

  /** Whether the hologram stands on something of the real room. */
  get bears(): boolean {
    return this.#surfaces?.placed ?? false;
  }

  /** Looks for another place, or no more. */
  choose(choosing: boolean): void {
    if (this.#surfaces) this.#surfaces.choosing = choosing;
  }

  /** One goes elsewhere: no place holds the room any more. */
  release(): void {
    this.#surfaces?.release();
  }

  /** Where the eyes' own ray meets a surface, in the shared room. */
  get looked(): Vector3 | undefined {
    return this.#eyes && this.#surfaces?.aims(this.#eyes) ? this.#surfaces.ring.getWorldPosition(new Vector3()) : undefined;
  }

  /** Like `putDown`, where the eyes rest. */
  putWhereLooked(point: Vector3): boolean {
    return this.putDown(this.#eyes, point);
  }

  /**
   * Looks where the edge is and where rays of hands meet surfaces, or that of the eyes where there is no hand and they
   * choose; where an anchor holds a place, the room stands by it.
   */
  update(xr: WebXRManager, hands: readonly XRInputSource[], eyesChoose: boolean): void {
    const [frame, space] = [xr.getFrame() as XRFrame | null, xr.getReferenceSpace()];
    if (!frame || !space) return;
    this.#bounds.update(frame, space, this.#rig.worldToLocal(headOf(xr.getCamera()).position));
    const rays = hands.length === 0 && eyesChoose && this.#eyes ? [this.#eyes] : hands;
    this.#surfaces?.look(frame, space, this.#stands() ? rays : []);
    const standing = this.#surfaces?.standing(frame, space);
    if (standing) this.#stand(standing);
    if (this.surface === this.#said) return;
    this.#said = this.surface;
    this.onSurface(this.#said);
  }

  /** Puts a point of the shared room where the ring is at the end of this hand's ray; only one's own room moves. */
  putDown(hand: RaySource | undefined, point: Vector3): boolean {
    const standing = this.#surfaces?.place(hand, point, { position: this.#rig.position, yaw: this.#rig.rotation.y });
    if (standing) this.#stand(standing);
    return standing !== undefined;
  }

  #stand({ position, yaw }: Standing): void {
    this.#rig.position.copy(position);
    this.#rig.rotation.set(0, yaw, 0);
    this.#rig.updateMatrixWorld(true);
  }

  dispose(): void {
    this.#bounds.dispose();
    this.#surfaces?.dispose();
  }
}
