/** Two stacks in step: which picture of one stands beside which of the other. */
import { add, dot, subtract } from '../core/frames';
import type { Vec3 } from '../core/frames';
import { lpsOf, normalOf } from './plane';
import type { Plane } from './plane';

/**
 * How two stacks are kept in step: by where they lie in one frame of reference; by how far one has gone from where both
 * were left, since two scans of a patient seldom share a frame; or by number, where the pictures do not lie alike.
 */
export type Step = 'position' | 'distance' | 'index';

/** Planes that are tilted less than this against each other count as parallel (cosine of about 10°). */
const PARALLEL = 0.985;
/** A picture further away than this many of its own steps is no counterpart. */
const FAR_STEPS = 1.5;

/** Whether pictures of two stacks can be put beside each other by where they lie in the patient. */
export function stepOf(from: Plane | undefined, to: Plane | undefined): Step {
  const [a, b] = [from?.place, to?.place];
  if (!a || !b || !from?.spacing_mm || !to?.spacing_mm || Math.abs(dot(normalOf(a), normalOf(b))) < PARALLEL) return 'index';
  return a.frameOfReference !== undefined && a.frameOfReference === b.frameOfReference ? 'position' : 'distance';
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

/** Two stacks that go together, and the pictures that stood beside each other when they were put in step. */
export interface Pairing {
  readonly from: readonly Plane[];
  readonly to: readonly Plane[];
  readonly beside: { readonly from: number; readonly to: number };
}

/** A plane as far from its place as another plane has gone from where the two stood beside each other. */
function moved(plane: Plane, { from, to, beside }: Pairing): Plane | undefined {
  const [left, met] = [from[beside.from], to[beside.to]];
  const [now_mm, left_mm, met_mm] = [plane, left, met].map((one) => one && middleOf(one));
  if (!met?.place || !now_mm || !left_mm || !met_mm) return undefined;
  // Both directions are nearly parallel; the way is counted along that of the stack that follows.
  const along = normalOf(met.place);
  const gone_mm = dot(subtract(now_mm, left_mm), along);
  const origin = met.place.origin_lps_mm;
  return { ...met, place: { ...met.place, origin_lps_mm: add(origin, along, gone_mm) } };
}

/**
 * The picture of `to` that stands beside picture `index` of `from`; `undefined` where the other scan does not reach so
 * far.
 */
export function counterpart(pairing: Pairing, index: number): number | undefined {
  const { from, to, beside } = pairing;
  const plane = from[index];
  if (!plane || to.length === 0) return undefined;
  const step = stepOf(plane, to[0]);
  if (step === 'index') return Math.min(to.length - 1, Math.max(0, index + beside.to - beside.from));
  const sought = step === 'position' ? plane : moved(plane, pairing);
  const nearest = sought && nearestTo(sought, to);
  if (!nearest) return undefined;
  const reach = Math.max(stepLength_mm(to) ?? 0, plane.thickness_mm ?? 0, 1) * FAR_STEPS;
  return nearest.distance_mm <= reach ? nearest.index : undefined;
}

/** The picture to begin with beside another: its counterpart, else the one that lies as deep in its own stack. */
export function firstBeside(from: readonly Plane[], to: readonly Plane[], index: number): number {
  const alike = Math.round((index / Math.max(1, from.length - 1)) * Math.max(0, to.length - 1));
  if (stepOf(from[index], to[0]) !== 'position') return sameWay(from, to) ? alike : Math.max(0, to.length - 1 - alike);
  return counterpart({ from, to, beside: { from: index, to: alike } }, index) ?? alike;
}

/** Whether two stacks are scrolled in the same direction through the patient, as far as they say. */
function sameWay(from: readonly Plane[], to: readonly Plane[]): boolean {
  const wayOf = (stack: readonly Plane[]): Vec3 | undefined => {
    const [first, last] = [stack[0]?.place?.origin_lps_mm, stack.at(-1)?.place?.origin_lps_mm];
    return first && last && subtract(last, first);
  };
  const [a, b] = [wayOf(from), wayOf(to)];
  return !a || !b || dot(a, b) >= 0;
}
