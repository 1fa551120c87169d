import { Vector3 } from 'three';
import { add, type Vec3 } from '../core/frames';
import type { AirPen } from './air-pen';
import type { CameraRig } from './camera-rig';
import type { HologramView } from './hologram';
import type { KeyLaser } from './key-laser';
import type { Marks } from './marks';
import type { SharedHologram } from './shared';
import { toolOfKey, type Tools } from './tools';
import { moved, scaled, turned } from './turning';
import { WAYS, isHeld } from './ways';

const TURN = Math.PI / 36;
const NEARER = 1.08;
const MOVE_M = 0.03;
const STEP_MM = 1;
const WIDE_STEP_MM = 10;

/**
 * The stage by keyboard alone. Arrows turn the hologram, with Shift move it, with Alt walk round it; + and − scale.
 * With a tool in hand arrows and Page Up/Down move the cursor by 1 mm (Shift 10 mm), Enter uses the tool there,
 * Escape gives up; the laser is led over all that is seen instead. A takes the pen into the air, and back to the images. 1…9 and 0 choose the tool, Home goes back to the
 * first view. Where no images are seen, arrows walk round the table and the pen draws in the air.
 */
export class Keys {
  onHome: () => void = () => undefined;
  readonly #rig: CameraRig;
  readonly #view: HologramView;
  readonly #shared: SharedHologram;
  readonly #tools: Tools;
  readonly #marks: Marks;
  readonly #air: AirPen;
  readonly #laser: KeyLaser;
  /** Whether keys lead the pen through the air. */
  #isInAir = false;
  readonly #stop = new AbortController();

  constructor(canvas: HTMLCanvasElement, rig: CameraRig, view: HologramView, shared: SharedHologram, tools: Tools, marks: Marks, air: AirPen, laser: KeyLaser) {
    [this.#rig, this.#view, this.#shared, this.#tools, this.#marks, this.#air, this.#laser] = [rig, view, shared, tools, marks, air, laser];
    tools.events.on('tool', () => this.#leaveAir());
    canvas.addEventListener('keydown', (event) => this.#press(event), { signal: this.#stop.signal });
    canvas.addEventListener('blur', () => this.#away(), { signal: this.#stop.signal });
  }

  dispose(): void {
    this.#stop.abort();
  }

  #away(): void {
    this.#marks.cursor(undefined);
    this.#leaveAir();
  }

  #leaveAir(): void {
    if (this.#isInAir || !this.#sees) this.#air.cancel();
    this.#isInAir = false;
  }

  /** Whether images are seen here: without them there is nothing to turn, nor to point at. */
  get #sees(): boolean {
    return this.#view.state !== undefined;
  }

  /** With the pen in hand, where it is not led over the images. */
  #draw(event: KeyboardEvent): boolean {
    if (this.#tools.tool !== 'pen' || event.altKey) return false;
    if (!this.#sees) return this.#air.press(event, this.#rig.camera);
    if (event.key.toLowerCase() !== 'a') return this.#isInAir && this.#air.press(event, this.#rig.camera);
    // What was begun where the pen was is given up.
    if (this.#isInAir) this.#leaveAir();
    else {
      this.#tools.cancel();
      this.#marks.cursor(undefined);
      this.#isInAir = true;
    }
    this.#air.onStep(this.#isInAir ? 'in-air' : 'on-images');
    return true;
  }

  #point(event: KeyboardEvent): boolean {
    return this.#tools.tool === 'point' && !event.altKey && this.#laser.press(event);
  }

  #press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    // Who looks on has no tools: their keys are the clock's.
    const isFree = this.#shared.watching && event.key !== 'Home';
    const done = (!isFree && (isHeld(event) || this.#draw(event) || this.#point(event) || this.#general(event))) || (!(isFree && event.shiftKey) && this.#directed(event));
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #general(event: KeyboardEvent): boolean {
    const tool = toolOfKey(event.key);
    if (tool) this.#tools.tool = tool;
    else if (event.key === '+' || event.key === '=') this.#enlarge(NEARER);
    else if (event.key === '-' || event.key === '_') this.#enlarge(1 / NEARER);
    else if (event.key === 'Home') this.onHome();
    else if (event.key === 'Escape') this.#escape();
    else if (event.key === 'Enter' || event.key === ' ') this.#use();
    else return false;
    return true;
  }

  /** Scales the hologram; where none is seen one comes nearer to the table. */
  #enlarge(by: number): void {
    const { view } = this.#rig;
    if (this.#sees) this.#shared.nudge((t) => scaled(t, by));
    else this.#rig.view = { ...view, distance_m: view.distance_m / by };
  }

  #directed(event: KeyboardEvent): boolean {
    const way = WAYS[event.key];
    if (!way) return false;
    if (event.altKey || this.#shared.watching || !this.#sees) {
      const { view } = this.#rig;
      this.#rig.view = { yaw: view.yaw + way[0] * 0.12, pitch: view.pitch + way[1] * 0.08, distance_m: view.distance_m * (1 + way[2] * 0.08) };
    } else if (this.#tools.tool === 'turn') this.#turn(way, event.shiftKey);
    else if (this.#tools.tool === 'clip') this.#tools.shiftClip((way[0] + way[1] - way[2]) * (event.shiftKey ? WIDE_STEP_MM : 2), this.#eye());
    else this.#step(way, event.shiftKey ? WIDE_STEP_MM : STEP_MM);
    return true;
  }

  #turn(way: readonly [number, number, number], slide: boolean): void {
    const [right, up] = this.#axes();
    if (slide) this.#shared.nudge((t) => moved(t, right.multiplyScalar(way[0] * MOVE_M).addScaledVector(up, way[1] * MOVE_M)));
    else if (way[2] !== 0) this.#shared.nudge((t) => scaled(t, 1 - way[2] * 0.15));
    else this.#shared.nudge((t) => turned(turned(t, up, way[0] * TURN), right, -way[1] * TURN));
  }

  /** Moves the cursor along the patient's axis that comes nearest to that direction on the screen. */
  #step(way: readonly [number, number, number], mm: number): void {
    // Keys come faster than frames: each step adds to the one before, whether it has been drawn or not.
    const state = this.#shared.state;
    if (!state) return;
    const [right, up, back] = this.#axes();
    const room = right.multiplyScalar(way[0]).addScaledVector(up, way[1]).addScaledVector(back, way[2]);
    const lps = this.#view.lpsDirection(room);
    const axis = lps.map(Math.abs).indexOf(Math.max(...lps.map(Math.abs)));
    const step = [0, 1, 2].map((i) => (i === axis ? Math.sign(lps[i] ?? 0) * mm : 0)) as unknown as Vec3;
    const point = add(state.cursor_lps_mm, step);
    if (this.#view.store.huAt(point) === undefined) return;
    this.#shared.set({ cursor_lps_mm: point });
    this.#marks.cursor(point);
    this.#tools.hover({ lps_mm: point, room: this.#view.roomFromLps(point) });
  }

  #use(): void {
    const point = this.#shared.state?.cursor_lps_mm;
    if (point && this.#sees) this.#tools.use(point, this.#eye());
  }

  #escape(): void {
    if (this.#tools.tool === 'clip' && this.#sees) this.#tools.clearClip();
    this.#tools.cancel();
    this.#marks.cursor(undefined);
  }

  /** From the hologram to the eye, in the patient's frame. */
  #eye(): Vec3 {
    const [, , back] = this.#axes();
    return this.#view.lpsDirection(back);
  }

  #axes(): [Vector3, Vector3, Vector3] {
    const axes: [Vector3, Vector3, Vector3] = [new Vector3(), new Vector3(), new Vector3()];
    this.#rig.camera.matrixWorld.extractBasis(...axes);
    return axes;
  }
}
