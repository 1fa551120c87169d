import type { Vector3 } from 'three';
import { AirPen } from '../stage/air-pen';
import { pick, type Hit } from '../stage/picking';
import type { Space } from '../stage/space';

/** Something that the eyes rest on. */
export interface Looked {
  readonly point: Vector3;
  /** What it is, where eyes may wander on it; else it is this one point. */
  readonly name?: string;
  readonly button?: string;
  readonly repeats?: boolean;
  choose(): void;
}

/** As near to the last point of a line as eyes come back to it: it ends there. */
const SAME_M = 0.03;

interface Spot {
  readonly on: 'board' | 'images' | 'air';
  readonly at: Vector3;
  readonly hit: Hit | undefined;
}

type Seen = Pick<Space, 'tool' | 'twin' | 'things' | 'pages' | 'pen' | 'air' | 'aim' | 'press' | 'thingAt'>;

/** Eyes in the place of a hand: they press pages, use the tool, draw point by point, and lead the laser. */
export class EyeTools {
  readonly #space: Seen;
  /** The line that is being drawn: on what, and its last point. */
  #line: Pick<Spot, 'on' | 'at'> | undefined;

  constructor(space: Seen) {
    this.#space = space;
  }

  /** What they rest on, and what comes of it if they do long enough. The pen is the hand's where there is one. */
  looked(eye: Vector3, ahead: Vector3, hasHand: boolean): Looked | undefined {
    const { tool } = this.#space;
    if (tool === 'pen') return hasHand ? undefined : this.#drawn(eye, ahead);
    return this.#pressed(eye, ahead) ?? (tool === 'turn' ? undefined : this.#used(eye, ahead));
  }

  /** Where they point with the laser in hand. */
  pointed(eye: Vector3, ahead: Vector3): Vector3 | undefined {
    return this.#space.tool === 'point' ? this.#space.aim(eye, ahead, this.#hit(eye, ahead)?.room) : undefined;
  }

  /** Ends the line, if there is one. */
  end(): void {
    const on = this.#line?.on;
    this.#line = undefined;
    if (on === 'board') this.#space.pen.end();
    else if (on === 'air') this.#space.air.end();
    else if (on === 'images') this.#space.twin?.tools.endLine();
  }

  /** A page is pressed at its upper or lower edge: what lies between is there to be read. */
  #pressed(eye: Vector3, ahead: Vector3): Looked | undefined {
    const hit = this.#space.pages.hit(eye, ahead);
    if (!hit?.isAtEdge || this.#space.thingAt(eye, ahead) !== hit.page) return undefined;
    return { name: `${hit.page} ${hit.isAbove ? 'above' : 'below'}`, point: along(eye, ahead, hit.distance), choose: () => void this.#space.press(eye, ahead) };
  }

  #used(eye: Vector3, ahead: Vector3): Looked | undefined {
    const { twin } = this.#space;
    const hit = this.#space.thingAt(eye, ahead) === undefined ? this.#hit(eye, ahead) : undefined;
    return hit && { point: hit.room, choose: () => twin?.tools.use(hit.lps_mm, twin.hologram.lpsDirection(ahead.clone().negate())) };
  }

  #drawn(eye: Vector3, ahead: Vector3): Looked | undefined {
    const spot = this.#spotOf(eye, ahead);
    return spot && { point: spot.at, choose: () => this.#draw(spot, eye, ahead) };
  }

  /** Where the pen draws: a line stays on what it was begun on. */
  #spotOf(eye: Vector3, ahead: Vector3): Spot | undefined {
    const { things } = this.#space;
    const [thing, board] = [this.#space.thingAt(eye, ahead), things.boards.hit(eye, ahead)];
    if (!things.movable || (thing !== undefined && thing !== board?.board)) return undefined;
    const hit = thing === undefined ? this.#hit(eye, ahead) : undefined;
    const on = this.#line?.on ?? (thing !== undefined ? 'board' : hit ? 'images' : 'air');
    const onBoard = thing !== undefined && board ? along(eye, ahead, board.distance) : undefined;
    const at = on === 'board' ? onBoard : on === 'images' ? hit?.room : AirPen.under(eye, ahead, ahead);
    return at && { on, at, hit };
  }

  #draw({ on, at, hit }: Spot, eye: Vector3, ahead: Vector3): void {
    const { pen, air, twin } = this.#space;
    if (this.#line && this.#line.at.distanceTo(at) < SAME_M) return this.end();
    const isFirst = this.#line === undefined;
    this.#line = { on, at };
    if (on === 'images') twin?.tools.use(hit?.lps_mm, twin.hologram.lpsDirection(ahead.clone().negate()));
    else if (on === 'board') void (isFirst ? pen.begin(eye, ahead) : pen.go(eye, ahead));
    else void (isFirst ? air.begin(at) : air.go(at));
  }

  #hit(eye: Vector3, ahead: Vector3): Hit | undefined {
    const { twin } = this.#space;
    return twin && pick(twin.hologram, eye, ahead, false);
  }
}

function along(eye: Vector3, ahead: Vector3, far_m: number): Vector3 {
  return eye.clone().addScaledVector(ahead, far_m);
}
