import { Vector2, Vector3 } from 'three';
import type { CameraRig } from './camera-rig';
import type { HologramView } from './hologram';
import { meets, pick, type Hit } from './picking';
import type { SharedHologram } from './shared';
import type { Tools } from './tools';
import { moved, scaled, turned } from './turning';

/** Farther than this, in CSS pixels, a press is a drag and no click. */
export const CLICK_PIXELS = 6;
const TURN_PER_PIXEL = 0.0085;

type Drag = 'turn' | 'move' | 'orbit' | 'point' | 'clip' | 'draw' | 'none';

/**
 * Mouse and touch on the stage. One finger or the left button turns the hologram, beside it walks round it;
 * two fingers pinch, twist and move; right button or Shift moves; the wheel steps nearer, with Shift it scales.
 */
export class Gestures {
  /** Where the pointer meets the hologram, for the laser pointer. */
  onPoint: (hit: Hit | undefined) => void = () => undefined;
  /** Something that stands there may be pressed, in place of the tool in hand: true where it was. */
  onClick: (origin: Vector3, direction: Vector3) => boolean = () => false;
  readonly #canvas: HTMLCanvasElement;
  readonly #rig: CameraRig;
  readonly #view: HologramView;
  readonly #shared: SharedHologram;
  readonly #tools: Tools;
  readonly #fingers = new Map<number, Vector2>();
  readonly #stop = new AbortController();
  #drag: Drag = 'none';
  #travelled = 0;
  #pinch: { distance: number; angle: number; middle: Vector2 } | undefined;

  constructor(canvas: HTMLCanvasElement, rig: CameraRig, view: HologramView, shared: SharedHologram, tools: Tools) {
    [this.#canvas, this.#rig, this.#view, this.#shared, this.#tools] = [canvas, rig, view, shared, tools];
    const { signal } = this.#stop;
    canvas.addEventListener('pointerdown', (e) => this.#down(e), { signal });
    canvas.addEventListener('pointermove', (e) => this.#move(e), { signal });
    canvas.addEventListener('pointerup', (e) => this.#up(e, true), { signal });
    canvas.addEventListener('pointercancel', (e) => this.#up(e, false), { signal });
    canvas.addEventListener('pointerleave', () => this.#fingers.size === 0 && this.#away(), { signal });
    canvas.addEventListener('contextmenu', (e) => e.preventDefault(), { signal });
    canvas.addEventListener('wheel', (e) => this.#wheel(e), { signal, passive: false });
  }

  get active(): boolean {
    return this.#fingers.size > 0;
  }

  dispose(): void {
    this.#stop.abort();
  }

  /** The ray of the room that goes through a point of the page. */
  ray(clientX: number, clientY: number): { origin: Vector3; direction: Vector3 } {
    return this.#rig.ray(this.#canvas.getBoundingClientRect(), clientX, clientY);
  }

  #down(event: PointerEvent): void {
    this.#canvas.focus({ preventScroll: true });
    this.#canvas.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, new Vector2(event.clientX, event.clientY));
    if (this.#fingers.size === 2) {
      this.#pinch = this.#spread();
      this.#drag = this.#shared.grab(performance.now()) ? 'turn' : 'none';
      this.#travelled = Infinity;
      return;
    }
    this.#travelled = 0;
    this.#drag = this.#dragOf(event);
    if (this.#drag === 'point') this.#point(event);
  }

  /** What dragging from here means. */
  #dragOf(event: PointerEvent): Drag {
    const { origin, direction } = this.ray(event.clientX, event.clientY);
    if (this.#shared.watching || !meets(this.#view, origin, direction)) return 'orbit';
    if (event.button === 2 || event.shiftKey) return 'move';
    if (event.altKey) return 'orbit';
    if (this.#tools.tool === 'point') return 'point';
    if (this.#tools.tool === 'pen') return 'draw';
    return this.#tools.tool === 'clip' && this.#shared.state?.clip ? 'clip' : 'turn';
  }

  #move(event: PointerEvent): void {
    const last = this.#fingers.get(event.pointerId);
    if (!last) {
      this.#point(event);
      return;
    }
    const now = new Vector2(event.clientX, event.clientY);
    const by = now.clone().sub(last);
    this.#fingers.set(event.pointerId, now);
    this.#travelled += by.length();
    if (this.#pinch && this.#fingers.size === 2) this.#pinched();
    else if (this.#travelled > CLICK_PIXELS && !this.#pinch) this.#dragged(by, event);
  }

  #dragged(by: Vector2, event: PointerEvent): void {
    if (this.#drag === 'orbit') {
      const { view } = this.#rig;
      this.#rig.view = { ...view, yaw: view.yaw - by.x * 0.006, pitch: view.pitch + by.y * 0.005 };
    } else if (this.#drag === 'point') this.#point(event);
    else if (this.#drag === 'draw') this.#tools.draw(this.#under(event)?.lps_mm);
    else if (this.#drag === 'clip') this.#tools.shiftClip(-by.y * 0.6, [0, -1, 0]);
    else if (this.#drag !== 'none' && this.#shared.grab(performance.now())) {
      const { right, up } = this.#axes();
      if (this.#drag === 'move') this.#shared.carry((t) => this.#slid(t, by));
      else this.#shared.carry((t) => turned(turned(t, up, by.x * TURN_PER_PIXEL), right, by.y * TURN_PER_PIXEL));
    }
  }

  #pinched(): void {
    const [before, after] = [this.#pinch, this.#spread()];
    if (!before || !after) return;
    this.#pinch = after;
    if (this.#shared.watching) {
      const { view } = this.#rig;
      this.#rig.view = { ...view, distance_m: view.distance_m * (before.distance / Math.max(1, after.distance)) };
      return;
    }
    const { towards } = this.#axes();
    this.#shared.carry((t) => {
      const bigger = scaled(t, after.distance / Math.max(1, before.distance));
      return this.#slid(turned(bigger, towards, before.angle - after.angle), after.middle.clone().sub(before.middle));
    });
  }

  #up(event: PointerEvent, done: boolean): void {
    this.#fingers.delete(event.pointerId);
    if (this.#fingers.size > 0) return;
    this.#pinch = undefined;
    this.#shared.release(performance.now());
    if (this.#drag === 'draw' && this.#travelled > CLICK_PIXELS) this.#tools.endLine();
    if (done && this.#travelled <= CLICK_PIXELS && event.button === 0) {
      const { origin, direction } = this.ray(event.clientX, event.clientY);
      if (this.onClick(origin, direction)) {
        this.#drag = 'none';
        if (event.pointerType !== 'mouse') this.#away();
        return;
      }
      const hit = this.#tools.tool === 'turn' ? undefined : pick(this.#view, origin, direction);
      this.#tools.use(hit?.lps_mm, this.#view.lpsDirection(direction.clone().negate()));
    }
    this.#drag = 'none';
    if (event.pointerType !== 'mouse') this.#away();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const steps = Math.max(-3, Math.min(3, (event.deltaY || event.deltaX) / (event.deltaMode === 0 ? 100 : 3)));
    if (event.shiftKey || event.ctrlKey) this.#shared.nudge((t) => scaled(t, Math.exp(-steps * 0.12)));
    else this.#rig.view = { ...this.#rig.view, distance_m: this.#rig.view.distance_m * Math.exp(steps * 0.1) };
  }

  /** What is seen of the hologram under the pointer. */
  #under(event: PointerEvent): Hit | undefined {
    const { origin, direction } = this.ray(event.clientX, event.clientY);
    return pick(this.#view, origin, direction, false);
  }

  #point(event: PointerEvent): void {
    if (this.#tools.tool === 'turn' || this.#tools.tool === 'clip') return;
    const hit = this.#under(event);
    this.#tools.hover(hit);
    this.onPoint(this.#tools.tool === 'point' ? hit : undefined);
  }

  #away(): void {
    this.#tools.hover(undefined);
    this.onPoint(undefined);
  }

  #slid(transform: Parameters<typeof moved>[0], by: Vector2): ReturnType<typeof moved> {
    const { right, up } = this.#axes();
    const far = new Vector3(...transform.position_m).distanceTo(this.#rig.camera.getWorldPosition(new Vector3()));
    const metres = (2 * far * Math.tan((this.#rig.camera.fov * Math.PI) / 360)) / this.#canvas.clientHeight;
    return moved(transform, right.multiplyScalar(by.x * metres).addScaledVector(up, -by.y * metres));
  }

  #axes(): { right: Vector3; up: Vector3; towards: Vector3 } {
    const [right, up, towards] = [new Vector3(), new Vector3(), new Vector3()];
    this.#rig.camera.matrixWorld.extractBasis(right, up, towards);
    return { right, up, towards };
  }

  #spread(): { distance: number; angle: number; middle: Vector2 } | undefined {
    const [a, b] = [...this.#fingers.values()];
    if (!a || !b) return undefined;
    const gap = b.clone().sub(a);
    return { distance: gap.length(), angle: Math.atan2(gap.y, gap.x), middle: a.clone().add(b).multiplyScalar(0.5) };
  }
}
