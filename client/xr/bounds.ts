import { BufferGeometry, Line, LineBasicMaterial, Matrix4, Vector3 } from 'three';

/** The edge of one's own real floor is shown to whoever comes as near to it as this. */
const NEAR_M = 0.5;
const HIGH_M = 0.01;

/** A point of the floor, in metres: along x and z. */
export type FloorPoint = readonly [x: number, z: number];

/** How far a place is from the nearest edge of an area; below zero outside of it. */
export function distanceToEdge(area: readonly FloorPoint[], [x, z]: FloorPoint): number {
  let [nearest, inside] = [Number.POSITIVE_INFINITY, false];
  for (const [i, [ax, az]] of area.entries()) {
    const [bx, bz] = area[(i + 1) % area.length] ?? [ax, az];
    const [dx, dz] = [bx - ax, bz - az];
    const length = dx * dx + dz * dz;
    const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (z - az) * dz) / length));
    nearest = Math.min(nearest, Math.hypot(x - ax - share * dx, z - az - share * dz));
    // A ray to the side crosses the edge of what it is inside of an odd number of times.
    if (az > z !== bz > z && x < ax + ((z - az) / (bz - az)) * dx) inside = !inside;
  }
  return inside ? nearest : -nearest;
}

/** What this needs of a session; some devices know no bounds. */
type Bounded = Pick<XRSession, 'requestReferenceSpace'>;

/** Where one can walk in the real room: a line on the floor, seen by whoever comes near to it. */
export class Bounds {
  /** It belongs to the headset's own frame. */
  readonly line = new Line(new BufferGeometry(), new LineBasicMaterial({ color: 0xe2b36a }));
  /** Called as one comes to the edge. */
  onEdge: () => void = () => undefined;
  #space: XRBoundedReferenceSpace | undefined;
  #area: FloorPoint[] = [];
  #drawn = '';

  constructor(session: Bounded) {
    this.line.name = 'bounds';
    this.line.visible = false;
    this.line.frustumCulled = false;
    session.requestReferenceSpace('bounded-floor').then(
      (space) => (this.#space = space as XRBoundedReferenceSpace),
      () => undefined,
    );
  }

  /** Where the head is in the headset's own frame. */
  update(frame: Pick<XRFrame, 'getPose'>, own: XRSpace, head: Vector3): void {
    const pose = this.#space && frame.getPose(this.#space, own);
    if (!this.#space || !pose) return;
    this.#draw(this.#space, new Matrix4().fromArray([...pose.transform.matrix]));
    const near = this.#area.length > 2 && distanceToEdge(this.#area, [head.x, head.z]) < NEAR_M;
    if (near && !this.line.visible) this.onEdge();
    this.line.visible = near;
  }

  /** The device may find its bounds anew. */
  #draw({ boundsGeometry }: Partial<XRBoundedReferenceSpace>, toOwn: Matrix4): void {
    // Some devices give the space and no bounds.
    const corners = [...(boundsGeometry ?? [])].map(({ x, z }) => new Vector3(x, HIGH_M, z).applyMatrix4(toOwn));
    const words = corners.map((corner) => corner.toArray().map((n) => n.toFixed(3)).join()).join(';');
    if (words === this.#drawn) return;
    this.#drawn = words;
    this.#area = corners.map(({ x, z }) => [x, z]);
    this.line.geometry.setFromPoints([...corners, ...corners.slice(0, 1)]);
  }

  dispose(): void {
    this.line.removeFromParent();
    this.line.geometry.dispose();
    this.line.material.dispose();
  }
}
