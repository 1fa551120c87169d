import { type Camera, Vector3 } from 'three';
import type { Vec3 } from '../core/frames';
import type { AirLines } from './air-lines';
import { PenLine } from './pen-line';
import { HOLOGRAM_HEIGHT_M } from './room-scene';
import type { RoomView } from './room-view';
import { WAYS } from './ways';

export type AirStep = 'line-point' | 'placed' | 'cancelled' | 'in-air' | 'on-images';

/** Points nearer to each other than this say nothing new. */
const STEP_M = 0.008;
/** Nothing stands farther from the room's middle. */
const REACH_M = 20;
/** Above the table: what is drawn from afar is drawn about there, and there the keys begin. */
const MIDDLE = new Vector3(0, HOLOGRAM_HEIGHT_M, 0);
/** Nobody draws nearer to their own eye. */
const NEAREST_M = 0.2;
/** How far a key leads it. */
const [LEAD_M, WIDE_LEAD_M] = [0.02, 0.1];

/**
 * The pen in the air, where it is at no image and no board: a line in the room's own space, by hand, mouse, finger or key.
 * A hand draws where it is; a pointer on the plane that faces the eye, through the middle above the table.
 */
export class AirPen {
  /** What was done, for those who listen to the page. */
  onStep: (step: AirStep) => void = () => undefined;
  readonly #room: RoomView;
  readonly #lines: AirLines;
  readonly #able: () => boolean;
  readonly #line = new PenLine(STEP_M);
  #down = false;
  /** Where the keys have led it. */
  #cursor: Vector3 | undefined;

  constructor(room: RoomView, lines: AirLines, able: () => boolean) {
    [this.#room, this.#lines, this.#able] = [room, lines, able];
  }

  get down(): boolean {
    return this.#down;
  }

  /** Where a ray draws for an eye that looks along `ahead`; undefined where that is behind it or too near. */
  static under(origin: Vector3, direction: Vector3, ahead: Vector3): Vector3 | undefined {
    const far = MIDDLE.clone().sub(origin).dot(ahead) / direction.dot(ahead);
    return far > NEAREST_M && Number.isFinite(far) ? origin.clone().addScaledVector(direction, far) : undefined;
  }

  /** Sets the pen down; false for who draws nothing here. */
  begin(at: Vector3 | undefined): boolean {
    if (!at || !this.#able()) return false;
    this.cancel();
    this.#down = true;
    this.go(at);
    return true;
  }

  go(at: Vector3 | undefined): void {
    if (!at || !this.#down || at.length() > REACH_M) return;
    this.#add(at);
  }

  /** Lifts it; everybody sees the line, if it is one. */
  end(): void {
    this.#down = false;
    const points = this.#line.take();
    this.#lines.draft = [];
    if (!points) return;
    this.#room.act({ act: 'add', entity: { type: 'line', points_m: points } });
    this.onStep('placed');
  }

  /** Gives up what was begun, and hides where the keys have led it. */
  cancel(): void {
    const begun = this.#line.points.length > 0;
    this.#down = false;
    this.#line.take();
    this.#lines.draft = [];
    this.#lead(undefined);
    if (begun) this.onStep('cancelled');
  }

  /** Keys lead it as the camera sees it, set points and give up; `false` for any other key. */
  press({ key, shiftKey }: Pick<KeyboardEvent, 'key' | 'shiftKey'>, camera: Camera): boolean {
    const lead = WAYS[key];
    if (lead) {
      const [right, up, towards] = [new Vector3(), new Vector3(), new Vector3()];
      camera.matrixWorld.extractBasis(right, up, towards);
      const by = right.multiplyScalar(lead[0]).addScaledVector(up, lead[1]).addScaledVector(towards, lead[2]);
      this.step(by.multiplyScalar(shiftKey ? WIDE_LEAD_M : LEAD_M));
    } else if (key === 'Enter' || key === ' ') this.use();
    else if (key === 'Escape') this.cancel();
    else return false;
    return true;
  }

  /** Leads it by keys. */
  step(by: Vector3): void {
    if (!this.#able()) return;
    const to = (this.#cursor ?? MIDDLE).clone().add(by);
    if (to.length() <= REACH_M) this.#lead(to);
  }

  /** A point where the keys have led it, or where they begin; the last point chosen again ends the line. */
  use(): void {
    if (!this.#able()) return;
    const at = this.#cursor ?? MIDDLE.clone();
    this.#lead(at);
    if (this.#add(at)) return this.onStep('line-point');
    if (this.#line.points.length === 1) this.onStep('cancelled');
    this.end();
  }

  #lead(to: Vector3 | undefined): void {
    this.#cursor = to;
    this.#lines.cursor = to;
  }

  #add(at: Vector3): boolean {
    const isNew = this.#line.add(rounded(at));
    if (isNew) this.#lines.draft = [...this.#line.points];
    return isNew;
  }
}

/** To the millimetre, as poses say where things are. */
function rounded({ x, y, z }: Vector3): Vec3 {
  const mm = (metres: number): number => Math.round(metres * 1000) / 1000;
  return [mm(x), mm(y), mm(z)];
}
