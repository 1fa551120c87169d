import { Color, Vector3 } from 'three';
import type { Vec3 } from '../../core/frames';
import type { Ambient, Extent, Lamp } from './design';

/** Samples of a lamp's rectangle, in halves of its edges: enough for soft edges of shadows. */
const SAMPLES = [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]] as const;
/** Keeps light finite at the lamp itself. */
const NEAR_m2 = 0.06;
/** Light beyond this is not worth working out; a long ward has many lamps. */
const FAR_m = 7;
/** Shadows of what is smaller are not seen. */
const BROAD_m = 0.3;
/** Nor is so little of it. */
const FAINT = 0.002;
/** How far and how much things darken the floor around where they touch it. */
const CONTACT = { reach_m: 0.2, share: 0.55, touches_m: 0.35 } as const;

interface Source {
  readonly points: readonly Vector3[];
  readonly facing: Vector3;
  /** Power of one sample. */
  readonly power: Color;
  readonly middle: Vector3;
  readonly reach_m: number;
  /** What can stand in its way. */
  readonly before: readonly Extent[];
}

/**
 * Light of a place, worked out once at the corners of what stands in it and kept as colours there. A place then
 * costs no light and no shadow while it is drawn, however many lamps it has.
 */
export class Light {
  readonly #sources: readonly Source[];
  readonly #sky: Color;
  readonly #ground: Color;
  /** What touches the floor. */
  readonly #touching: readonly Extent[];

  constructor(lamps: readonly Lamp[], ambient: Ambient, extents: readonly Extent[]) {
    this.#sources = lamps.map((lamp) => sourceOf(lamp, extents));
    this.#sky = new Color(ambient.sky).multiplyScalar(ambient.strength);
    this.#ground = new Color(ambient.ground).multiplyScalar(ambient.strength);
    this.#touching = extents.filter(({ min, max }) => min[1] <= CONTACT.touches_m && max[0] - min[0] > 0.1 && max[2] - min[2] > 0.1);
  }

  /** Light that falls on a surface, all of it scattered: multiply by the surface's own colour. */
  falling(at: Vector3, normal: Vector3, shadows: boolean): Color {
    const light = new Color().lerpColors(this.#ground, this.#sky, normal.y * 0.5 + 0.5);
    const [to, way] = [new Vector3(), new Vector3()];
    for (const { points, facing, power, middle, reach_m, before } of this.#sources) {
      if (at.distanceToSquared(middle) > reach_m * reach_m) continue;
      for (const point of points) {
        to.subVectors(point, at);
        const far2 = to.lengthSq();
        way.copy(to).divideScalar(Math.sqrt(far2) || 1);
        const share = (normal.dot(way) * -facing.dot(way)) / (far2 + NEAR_m2);
        if (normal.dot(way) <= 0 || facing.dot(way) >= 0) continue;
        if (share * Math.max(power.r, power.g, power.b) < FAINT) continue;
        if (shadows && before.some((extent) => crosses(at, to, extent))) continue;
        light.r += power.r * share;
        light.g += power.g * share;
        light.b += power.b * share;
      }
    }
    return light;
  }

  /** How much of the light is left on the floor beside what stands on it. */
  contact(at: Vector3): number {
    let left = 1;
    for (const { min, max } of this.#touching) {
      const dx = Math.max(min[0] - at.x, 0, at.x - max[0]);
      const dz = Math.max(min[2] - at.z, 0, at.z - max[2]);
      left = Math.min(left, 1 - CONTACT.share * Math.exp(-Math.hypot(dx, dz) / CONTACT.reach_m));
    }
    return left;
  }
}

function sourceOf({ at, facing, size_m, colour, strength }: Lamp, extents: readonly Extent[]): Source {
  const normal = new Vector3(...facing).normalize();
  const across = new Vector3().crossVectors(Math.abs(normal.y) > 0.9 ? new Vector3(0, 0, 1) : new Vector3(0, 1, 0), normal).normalize();
  const along = new Vector3().crossVectors(normal, across);
  const points = SAMPLES.map(([u, v]) => new Vector3(...at).addScaledVector(across, u * size_m[0] * 0.5).addScaledVector(along, v * size_m[1] * 0.5));
  const power = new Color(colour).multiplyScalar((strength * size_m[0] * size_m[1]) / SAMPLES.length);
  const middle = new Vector3(...at);
  const reach_m = FAR_m + Math.max(...size_m);
  const before = extents.filter(({ min, max }) => broad(min, max) && middle.distanceTo(middle.clone().clamp(new Vector3(...min), new Vector3(...max))) < reach_m);
  return { points, facing: normal, power, middle, reach_m, before };
}

/** Whether a thing is large enough for its shadow to be seen: two of its edges are. */
function broad(min: Vec3, max: Vec3): boolean {
  return max.filter((edge, axis) => edge - (min[axis] ?? 0) > BROAD_m).length > 1;
}

/** Whether the way from a point meets a box before its end. */
function crosses(from: Vector3, way: Vector3, { min, max }: Extent): boolean {
  let [enters, leaves] = [0.02, 0.98];
  for (const axis of [0, 1, 2] as const) {
    const [start, step] = [from.getComponent(axis), way.getComponent(axis)];
    if (Math.abs(step) < 1e-9) {
      if (start < min[axis] || start > max[axis]) return false;
      continue;
    }
    const [a, b] = [(min[axis] - start) / step, (max[axis] - start) / step];
    enters = Math.max(enters, Math.min(a, b));
    leaves = Math.min(leaves, Math.max(a, b));
    if (enters > leaves) return false;
  }
  return true;
}
