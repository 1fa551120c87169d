import { voxelFromLps, type Vec3, type VoxelGrid } from '../core/frames';
import { pick } from '../stage/picking';
import type { Space } from '../stage/space';
import type { HandInput } from './inputs';

/** A hand this near to the hologram's middle is at it, in multiples of its radius. */
const REACH = 1.15;

/** Whether a hand is in or at the hologram. */
export function isAtTwin({ pose }: HandInput, twin: Space['twin']): boolean {
  const { root, state, store } = twin?.hologram ?? {};
  if (!pose || !root || !state || !store) return false;
  const extent = Math.max(...store.manifest.size.map((n, i) => n * (store.manifest.spacing_mm[i] ?? 1)));
  return pose.position.distanceTo(root.position) < extent * 0.0005 * root.scale.x * REACH;
}

/** The pen in a hand; there is one. */
export class HandPen {
  readonly #space: Space;
  /** The hand that draws. */
  #hand: HandInput | undefined;

  constructor(space: Space) {
    this.#space = space;
  }

  /** It draws on a board that its ray meets, on the hologram that it is at or meets, else in the air where the hand is. */
  begin(hand: HandInput): void {
    // What the other hand has drawn with it is a line.
    if (this.#hand) this.#end();
    const { origin, direction } = hand.pointing;
    const { twin } = this.#space;
    const isNear = isAtTwin(hand, twin);
    const isOnBoard = !isNear && this.#space.pen.begin(origin, direction);
    const isOnTwin = isNear || (twin && pick(twin.hologram, origin, direction, false) !== undefined);
    if (!isOnBoard && !isOnTwin && !this.#space.air.begin(hand.pose?.position)) return;
    this.#hand = hand;
    hand.pulse(0.3, 20);
  }

  /** It draws where the hand is, in the hologram itself or in the air; on it from farther away where its ray meets it. */
  draw(): void {
    const hand = this.#hand;
    if (!hand) return;
    if (!hand.tracked) return this.#end();
    const { origin, direction } = hand.pointing;
    const { pen, air, twin } = this.#space;
    if (pen.down) return pen.go(origin, direction);
    if (air.down) return air.go(hand.pose?.position);
    if (!twin) return;
    const { hologram, tools } = twin;
    const tip = isAtTwin(hand, twin) ? hand.pose : undefined;
    if (tip) return tools.draw(inside(hologram.store.manifest, hologram.lpsFromRoom(tip.position)));
    tools.draw(pick(hologram, origin, direction, false)?.lps_mm);
  }

  /** The hand lets go: what it has drawn is a line. */
  open(hand: HandInput): void {
    if (this.#hand === hand) this.#end();
  }

  /** Whoever wore the headset has left: nothing more is drawn. */
  cancel(): void {
    this.#hand = undefined;
    this.#space.pen.end();
    this.#space.air.end();
    this.#space.twin?.tools.cancel();
  }

  #end(): void {
    this.#hand?.pulse(0.2, 15);
    this.#hand = undefined;
    const { pen, air, twin } = this.#space;
    if (pen.down) pen.end();
    else if (air.down) air.end();
    else twin?.tools.endLine();
  }
}

/** A point, where the scan holds it. */
function inside(grid: VoxelGrid, point_lps_mm: Vec3): Vec3 | undefined {
  const voxel = voxelFromLps(grid, point_lps_mm);
  return voxel.every((at, axis) => at >= -0.5 && at <= (grid.size[axis] ?? 0) - 0.5) ? point_lps_mm : undefined;
}
