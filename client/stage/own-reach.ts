import type { Vector3 } from 'three';

/** A ray of the room; its direction has length 1. */
export interface PointerRay {
  readonly origin: Vector3;
  readonly direction: Vector3;
}

/** What is seen along a ray: how far away a board or page is, and the middle of the hologram that it goes through. */
export interface Seen {
  readonly thing_m: number | undefined;
  readonly middle: Vector3 | undefined;
}

/** Nobody reaches for what is nearer to their eye. */
const NEAREST_M = 0.2;

/**
 * Where the hand of somebody before a screen goes with any tool: along the pointer's ray as far as what it holds is, else
 * as far as what is seen first there. Without a pointer, as with keys, it goes to what it holds.
 */
export function reachOf(ray: PointerRay | undefined, held: Vector3 | undefined, see: (ray: PointerRay) => Seen): Vector3 | undefined {
  if (!ray) return held;
  if (held) return along(ray, farOf(ray, held));
  const { thing_m, middle } = see(ray);
  const far = Math.min(thing_m ?? Infinity, middle ? farOf(ray, middle) : Infinity);
  return Number.isFinite(far) ? along(ray, far) : undefined;
}

/** How far along a ray it comes nearest to a point. */
function farOf({ origin, direction }: PointerRay, point: Vector3): number {
  return Math.max(NEAREST_M, point.clone().sub(origin).dot(direction));
}

function along({ origin, direction }: PointerRay, far: number): Vector3 {
  return origin.clone().addScaledVector(direction, far);
}
