import { Vector2, Vector3 } from 'three';
import { AirPen } from './air-pen';
import type { BoardPen } from './board-pen';
import type { CameraRig } from './camera-rig';
import type { PointerRay } from './own-reach';
import { meets, pick, type Hit } from './picking';
import type { EntityId } from './room-view';
import type { Things } from './things';
import type { Tool } from './tools';
import { moved, scaled, turned } from './turning';
import type { Twin } from './space';
import { CLICK_PIXELS } from './ways';

const TURN_PER_PIXEL = 0.0085;
/** Walking round the table, per pixel across and up. */
const ORBIT_RAD = [0.006, 0.005] as const;
const UP = new Vector3(0, 1, 0);

type Drag = 'turn' | 'move' | 'orbit' | 'point' | 'clip' | 'draw' | 'carry' | 'swing' | 'ink' | 'air' | 'none';

/** What mouse and fingers act on: the own eyes, what stands around the table, and the hologram where there is one. */
export interface Touched {
  readonly rig: CameraRig;
  readonly things: Things;
  readonly pen: BoardPen;
  readonly air: AirPen;
  readonly tool: Tool;
  readonly twin: Twin | undefined;
  /** What a ray ends at, where it meets the hologram at `seen`. */
  aim(origin: Vector3, direction: Vector3, seen: Vector3 | undefined): Vector3 | undefined;
  /** The board or page that is seen first along a ray. */
  thingAt(origin: Vector3, direction: Vector3): EntityId | undefined;
  /** Presses what may be pressed there, in place of the tool in hand: true where it was. */
  press(origin: Vector3, direction: Vector3): boolean;
}

/**
 * Mouse and touch in a room. One finger or the left button turns the hologram, beside it walks round it;
 * two fingers pinch, twist and move; right button or Shift moves; the wheel steps nearer, with Shift it scales.
 * A board or page is carried by one finger or the left button, and turned by the right one or Shift. The pen draws on
 * what it is set down on, else in the air; Alt or the right button walk round meanwhile. The laser points at the
 * hologram, a board or a page, and where there are no images at the place too.
 */
export class Gestures {
  /** Where the laser ends. */
  onPoint: (at: Vector3 | undefined) => void = () => undefined;
  readonly #canvas: HTMLCanvasElement;
  readonly #touched: Touched;
  readonly #fingers = new Map<number, Vector2>();
  readonly #stop = new AbortController();
  #drag: Drag = 'none';
  /** Where the pointer is on the page while it is over the stage; two fingers are at their middle. */
  #over: Vector2 | undefined;
  #travelled = 0;
  #pinch: { distance: number; angle: number; middle: Vector2 } | undefined;

  constructor(canvas: HTMLCanvasElement, touched: Touched) {
    [this.#canvas, this.#touched] = [canvas, touched];
    const { signal } = this.#stop;
    canvas.addEventListener('pointerdown', (e) => this.#down(e), { signal });
    canvas.addEventListener('pointermove', (e) => this.#move(e), { signal });
    canvas.addEventListener('pointerup', (e) => this.#up(e, true), { signal });
    canvas.addEventListener('pointercancel', (e) => this.#up(e, false), { signal });
    canvas.addEventListener('pointerleave', () => this.#fingers.size === 0 && this.#away(), { signal });
    canvas.addEventListener('contextmenu', (e) => e.preventDefault(), { signal });
    canvas.addEventListener('wheel', (e) => this.#wheel(e), { signal, passive: false });
  }

  dispose(): void {
    this.#stop.abort();
  }

  /** The ray of the room that goes through a point of the page. */
  ray(clientX: number, clientY: number): { origin: Vector3; direction: Vector3 } {
    return this.#touched.rig.ray(this.#canvas.getBoundingClientRect(), clientX, clientY);
  }

  /** The ray under the pointer, with any tool; none while it is elsewhere. */
  get pointer(): PointerRay | undefined {
    return this.#over && this.ray(this.#over.x, this.#over.y);
  }

  #down(event: PointerEvent): void {
    this.#canvas.focus({ preventScroll: true });
    this.#canvas.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, new Vector2(event.clientX, event.clientY));
    this.#goOver(event);
    if (this.#fingers.size > 1) {
      if (this.#drag === 'draw') this.#touched.twin?.tools.endLine();
      this.#putDown();
      this.#pinch = this.#spread();
      this.#drag = this.#touched.twin?.shared.grab(performance.now()) ? 'turn' : 'none';
      this.#travelled = Infinity;
      return;
    }
    this.#travelled = 0;
    this.#drag = this.#dragOf(event);
    if (this.#drag === 'point') this.#point(event);
  }

  /** What dragging from here means. */
  #dragOf(event: PointerEvent): Drag {
    const { things, pen, tool, twin } = this.#touched;
    const { origin, direction } = this.ray(event.clientX, event.clientY);
    const turns = event.button === 2 || event.shiftKey;
    const seen = event.altKey ? undefined : this.#touched.thingAt(origin, direction);
    const thing = things.movable ? seen : undefined;
    if (thing !== undefined && tool === 'pen' && pen.begin(origin, direction)) return 'ink';
    if (thing !== undefined && tool === 'turn') {
      things.wanted = thing;
      return turns ? 'swing' : 'carry';
    }
    if (seen !== undefined && tool === 'point' && !turns) return 'point';
    const isBeside = !twin || twin.shared.watching || !meets(twin.hologram, origin, direction);
    if (isBeside && tool === 'pen' && !turns && !event.altKey && this.#touched.air.begin(this.#inAir(event))) return 'air';
    if (!twin) return tool === 'point' && !event.altKey ? 'point' : 'orbit';
    if (isBeside) return 'orbit';
    if (turns) return 'move';
    if (event.altKey) return 'orbit';
    if (tool === 'point') return 'point';
    if (tool === 'pen') return 'draw';
    return tool === 'clip' && twin.shared.state?.clip ? 'clip' : 'turn';
  }

  #move(event: PointerEvent): void {
    const last = this.#fingers.get(event.pointerId);
    if (!last) {
      this.#goOver(event);
      this.#point(event);
      return;
    }
    const now = new Vector2(event.clientX, event.clientY);
    const by = now.clone().sub(last);
    this.#fingers.set(event.pointerId, now);
    this.#goOver(event);
    this.#travelled += by.length();
    if (this.#pinch && this.#fingers.size > 1) this.#pinched();
    else if (this.#travelled > CLICK_PIXELS && !this.#pinch) this.#dragged(by, event);
  }

  #dragged(by: Vector2, event: PointerEvent): void {
    const { rig, twin, pen } = this.#touched;
    if (this.#drag === 'orbit') {
      const { view } = rig;
      rig.view = { ...view, yaw: view.yaw - by.x * ORBIT_RAD[0], pitch: view.pitch + by.y * ORBIT_RAD[1] };
    } else if (this.#drag === 'point') this.#point(event);
    else if (this.#drag === 'carry' || this.#drag === 'swing') this.#carried(by);
    else if (this.#drag === 'air') this.#touched.air.go(this.#inAir(event));
    else if (this.#drag === 'ink') {
      const { origin, direction } = this.ray(event.clientX, event.clientY);
      pen.go(origin, direction);
    } else if (twin) this.#draggedOn(twin, by, event);
  }

  #draggedOn({ shared, tools }: Twin, by: Vector2, event: PointerEvent): void {
    if (this.#drag === 'draw') tools.draw(this.#under(event)?.lps_mm);
    else if (this.#drag === 'clip') tools.shiftClip(-by.y * 0.6, [0, -1, 0]);
    else if (this.#drag !== 'none' && shared.grab(performance.now())) {
      const { right, up } = this.#axes();
      if (this.#drag === 'move') shared.carry((t) => this.#slid(t, by));
      else shared.carry((t) => turned(turned(t, up, by.x * TURN_PER_PIXEL), right, by.y * TURN_PER_PIXEL));
    }
  }

  /** What is not to be had is asked for once, and not at each step of the hand. */
  #carried(by: Vector2): void {
    const { things } = this.#touched;
    if (!things.grab(performance.now())) this.#drag = 'none';
    else if (this.#drag === 'carry') things.carry((t) => this.#slid(t, by));
    else things.carry((t) => turned(turned(t, UP, by.x * TURN_PER_PIXEL), this.#axes().right, by.y * TURN_PER_PIXEL));
  }

  #pinched(): void {
    const [before, after] = [this.#pinch, this.#spread()];
    if (!before || !after) return;
    this.#pinch = after;
    const { rig, twin } = this.#touched;
    if (!twin || twin.shared.watching) {
      const { view } = rig;
      rig.view = { ...view, distance_m: view.distance_m * (before.distance / Math.max(1, after.distance)) };
      return;
    }
    const { towards } = this.#axes();
    twin.shared.carry((t) => {
      const bigger = scaled(t, after.distance / Math.max(1, before.distance));
      return this.#slid(turned(bigger, towards, before.angle - after.angle), after.middle.clone().sub(before.middle));
    });
  }

  /** A board or page in hand stays where it is; a line on a board or in the air ends. */
  #putDown(): void {
    this.#touched.things.release(performance.now());
    this.#touched.pen.end();
    if (this.#drag === 'air') this.#touched.air.end();
  }

  #up(event: PointerEvent, done: boolean): void {
    this.#fingers.delete(event.pointerId);
    if (this.#fingers.size > 0) {
      // Those that are left go on from where they are.
      this.#pinch = this.#spread() ?? this.#pinch;
      return;
    }
    const { twin } = this.#touched;
    this.#pinch = undefined;
    twin?.shared.release(performance.now());
    this.#putDown();
    if (this.#drag === 'draw' && this.#travelled > CLICK_PIXELS) twin?.tools.endLine();
    if (done && this.#travelled <= CLICK_PIXELS && event.button === 0) this.#click(event);
    this.#drag = 'none';
    if (event.pointerType !== 'mouse') this.#away();
  }

  #click(event: PointerEvent): void {
    const { origin, direction } = this.ray(event.clientX, event.clientY);
    this.use(origin, direction);
  }

  /** What a click does along a ray: presses what may be pressed there, else uses the tool in hand. */
  use(origin: Vector3, direction: Vector3): void {
    const { twin, tool } = this.#touched;
    if (this.#touched.press(origin, direction) || !twin) return;
    const hit = tool === 'turn' ? undefined : pick(twin.hologram, origin, direction);
    twin.tools.use(hit?.lps_mm, twin.hologram.lpsDirection(direction.clone().negate()));
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { rig, twin } = this.#touched;
    const steps = Math.max(-3, Math.min(3, (event.deltaY || event.deltaX) / (event.deltaMode === 0 ? 100 : 3)));
    if (twin && (event.shiftKey || event.ctrlKey)) twin.shared.nudge((t) => scaled(t, Math.exp(-steps * 0.12)));
    else rig.view = { ...rig.view, distance_m: rig.view.distance_m * Math.exp(steps * 0.1) };
  }

  /** What is seen of the hologram under the pointer. */
  #under(event: PointerEvent): Hit | undefined {
    const { origin, direction } = this.ray(event.clientX, event.clientY);
    return this.#touched.twin && pick(this.#touched.twin.hologram, origin, direction, false);
  }

  #point(event: PointerEvent): void {
    const { tool, twin } = this.#touched;
    if (tool === 'turn' || tool === 'clip') return;
    const { origin, direction } = this.ray(event.clientX, event.clientY);
    const hit = this.#under(event);
    twin?.tools.hover(hit);
    this.onPoint(tool === 'point' ? this.#touched.aim(origin, direction, hit?.room) : undefined);
  }

  #goOver({ clientX, clientY }: PointerEvent): void {
    this.#over = this.#spread()?.middle ?? new Vector2(clientX, clientY);
  }

  #away(): void {
    this.#over = undefined;
    this.#touched.twin?.tools.hover(undefined);
    this.onPoint(undefined);
  }

  /** Where the pen draws in the air under the pointer. */
  #inAir(event: PointerEvent): Vector3 | undefined {
    const { origin, direction } = this.ray(event.clientX, event.clientY);
    return AirPen.under(origin, direction, this.#axes().towards.negate());
  }

  #slid(transform: Parameters<typeof moved>[0], by: Vector2): ReturnType<typeof moved> {
    const { right, up } = this.#axes();
    const { camera } = this.#touched.rig;
    const far = new Vector3(...transform.position_m).distanceTo(camera.getWorldPosition(new Vector3()));
    const metres = (2 * far * Math.tan((camera.fov * Math.PI) / 360)) / this.#canvas.clientHeight;
    return moved(transform, right.multiplyScalar(by.x * metres).addScaledVector(up, -by.y * metres));
  }

  #axes(): { right: Vector3; up: Vector3; towards: Vector3 } {
    const [right, up, towards] = [new Vector3(), new Vector3(), new Vector3()];
    this.#touched.rig.camera.matrixWorld.extractBasis(right, up, towards);
    return { right, up, towards };
  }

  #spread(): { distance: number; angle: number; middle: Vector2 } | undefined {
    const [a, b] = [...this.#fingers.values()];
    if (!a || !b) return undefined;
    const gap = b.clone().sub(a);
    return { distance: gap.length(), angle: Math.atan2(gap.y, gap.x), middle: a.clone().add(b).multiplyScalar(0.5) };
  }
}
