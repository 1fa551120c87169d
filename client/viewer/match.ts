/** Two stacks in step: which picture of one stands beside which of the other. */
import { dot, subtract } from '../core/frames';
import type { Vec3 } from '../core/frames';
import { lpsOf, normalOf } from './plane';
import type { Plane } from './plane';

/** How two stacks are kept in step. */
export type Step = 'position' | 'index';

/** Planes that are tilted less than this against each other count as parallel (cosine of about 10°). */
const PARALLEL = 0.985;
/** A picture further away than this many of its own steps is no counterpart. */
const FAR_STEPS = 1.5;

/** Whether pictures of two stacks can be put beside each other by where they lie in the patient. */
export function stepOf(from: Plane | undefined, to: Plane | undefined): Step {
  const [a, b] = [from?.place, to?.place];
  if (!a || !b || a.frameOfReference === undefined || a.frameOfReference !== b.frameOfReference) return 'index';
  return Math.abs(dot(normalOf(a), normalOf(b))) >= PARALLEL ? 'position' : 'index';
}

/** The middle of a picture in the patient. */
function middleOf(plane: Plane): readonly [number, number, number] | undefined {
  return lpsOf(plane, { x: (plane.columns - 1) / 2, y: (plane.rows - 1) / 2 });
}

/** The picture of a stack that lies nearest to a plane, and how far away it is. */
export function nearestTo(plane: Plane, stack: readonly Plane[]): { readonly index: number; readonly distance_mm: number } | undefined {
  const middle = middleOf(plane);
  if (!middle) return undefined;
  let best: { index: number; distance_mm: number } | undefined;
  stack.forEach((other, index) => {
    if (!other.place) return;
    const distance_mm = Math.abs(dot(subtract(middle, other.place.origin_lps_mm), normalOf(other.place)));
    if (!best || distance_mm < best.distance_mm) best = { index, distance_mm };
  });
  return best;
}

/** The picture of a stack that goes through a point; `undefined` where none lies in the patient. */
export function planeThrough(point_lps_mm: Vec3, stack: readonly Plane[]): number | undefined {
  let [best, nearest]: [number | undefined, number] = [undefined, Infinity];
  stack.forEach((plane, index) => {
    if (!plane.place) return;
    const distance_mm = Math.abs(dot(subtract(point_lps_mm, plane.place.origin_lps_mm), normalOf(plane.place)));
    if (distance_mm < nearest) [best, nearest] = [index, distance_mm];
  });
  return best;
}

/** The usual distance between neighbours of a stack. */
export function stepLength_mm(stack: readonly Plane[]): number | undefined {
  const steps: number[] = [];
  stack.forEach((plane, at) => {
    const before = stack[at - 1]?.place;
    if (!before || !plane.place) return;
    steps.push(Math.abs(dot(subtract(plane.place.origin_lps_mm, before.origin_lps_mm), normalOf(before))));
  });
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)];
}

/** Two stacks that go together, and by how much they are shifted where only their numbers count. */
export interface Pairing {
  readonly from: readonly Plane[];
  readonly to: readonly Plane[];
  /** Added to a number of `from` to get that of `to`. */
  readonly shift: number;
}

/**
 * The picture of `to` that stands beside picture `index` of `from`. By position where both lie in one frame of
 * reference; `undefined` where the other scan does not reach so far. Else by number.
 */
export function counterpart(pairing: Pairing, index: number): number | undefined {
  const { from, to, shift } = pairing;
  const plane = from[index];
  if (!plane || to.length === 0) return undefined;
  if (stepOf(plane, to[0]) === 'position') {
    const nearest = nearestTo(plane, to);
    if (!nearest) return undefined;
    const reach = Math.max(stepLength_mm(to) ?? 0, plane.thickness_mm ?? 0, 1) * FAR_STEPS;
    return nearest.distance_mm <= reach ? nearest.index : undefined;
  }
  return Math.min(to.length - 1, Math.max(0, index + shift));
}
