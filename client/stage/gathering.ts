import { Color, Scene, Vector2, Vector3, type WebGLRenderer } from 'three';
import { Avatars } from './avatars';
import { Boards } from './boards';
import { CameraRig, type View } from './camera-rig';
import { Figures } from './figures';
import { CLICK_PIXELS } from './gestures';
import { Pages } from './pages';
import type { PlaceId } from './places/design';
import { createRenderer, graphics, type Graphics } from './renderer';
import { RoomScene } from './room-scene';
import { colourOf, type EntityId, type RoomView } from './room-view';
import { type Lean, leaning, ownPlace, seatedPoses } from './seats';

const GROUND = 0x0a0d12;
/** Own poses are handed over at the room's pace, 20 a second. */
const POSE_EVERY_MS = 50;
/** A key goes this far round the table, up or down, in radians, and this share nearer or farther. */
const [STEP_RAD, NEARER] = [Math.PI / 36, 1.08];
/** From where all who sit around the table are seen. */
const FIRST: View = { yaw: 0, pitch: 0.16, distance_m: 2.9 };
const ORBIT_RAD = [0.006, 0.005] as const;
const WAYS: Readonly<Record<string, readonly [yaw: number, pitch: number, distance: number]>> = {
  ArrowLeft: [-STEP_RAD, 0, 1],
  ArrowRight: [STEP_RAD, 0, 1],
  ArrowUp: [0, STEP_RAD, 1],
  ArrowDown: [0, -STEP_RAD, 1],
  '+': [0, 0, 1 / NEARER],
  '=': [0, 0, 1 / NEARER],
  '-': [0, 0, NEARER],
  _: [0, 0, NEARER],
};

/** A place of the hospital in which people meet and no twin stands: the place, those around its table, their boards and pages. */
export class Gathering {
  /** How a webcam sees one's own head lean; nothing without one. */
  leans: () => Lean | undefined = () => undefined;
  /** A page that stands here was pressed, above its middle or below. */
  onPage: (id: EntityId, isAbove: boolean) => void = () => undefined;
  readonly pages = new Pages();
  readonly #scene = new Scene();
  readonly #rig = new CameraRig();
  readonly #renderer: WebGLRenderer;
  readonly #place: RoomScene;
  readonly #avatars: Avatars;
  readonly #boards = new Boards();
  readonly #room: RoomView;
  readonly #canvas: HTMLCanvasElement;
  readonly #stop = new AbortController();
  readonly #sizes = new ResizeObserver(() => this.#resize());
  readonly #told: () => void;
  readonly #fingers = new Map<number, Vector2>();
  /** How far the finger that may press a page has gone; further than any press where there are two. */
  #travelled = 0;
  /** Others' movements alone draw the room again no sooner than this. */
  readonly #redrawEvery: number;
  #dirty = true;
  #moved = false;
  #drawnAt = 0;
  #last = 0;
  #posedAt = 0;

  constructor(canvas: HTMLCanvasElement, room: RoomView, place: PlaceId, device: Graphics) {
    [this.#canvas, this.#room] = [canvas, room];
    this.#renderer = createRenderer(canvas, device);
    this.#redrawEvery = device.software ? 120 : 0;
    this.#place = new RoomScene(place);
    this.#place.onChange = () => this.#redraw();
    this.#avatars = new Avatars(room, device.software ? undefined : new Figures());
    this.#rig.view = FIRST;
    this.#scene.background = new Color(GROUND);
    this.#scene.add(this.#place.group, this.#rig.rig, this.#avatars.group, this.#boards.group, this.pages.group);
    this.#told = room.onChange(() => this.#redraw());
    this.#listen();
    this.#resize();
    this.#renderer.setAnimationLoop((now) => this.#frame(now));
  }

  set surroundings(place: PlaceId) {
    this.#place.place = place;
  }

  dispose(): void {
    this.#renderer.setAnimationLoop(null);
    this.#stop.abort();
    this.#sizes.disconnect();
    this.#told();
    for (const part of [this.#avatars, this.#boards, this.pages, this.#place, this.#renderer]) part.dispose();
  }

  #redraw(): void {
    this.#dirty = true;
  }

  #listen(): void {
    const { signal } = this.#stop;
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const follow = (): void => {
      this.#rig.reducedMotion = still.matches;
      this.#avatars.blinks = !still.matches;
    };
    follow();
    still.addEventListener('change', follow, { signal });
    this.#sizes.observe(this.#canvas);
    const on = <Name extends keyof HTMLElementEventMap>(name: Name, then: (event: HTMLElementEventMap[Name]) => void): void => this.#canvas.addEventListener(name, then, { signal, passive: false });
    on('pointerdown', (event) => {
      this.#canvas.focus({ preventScroll: true });
      this.#canvas.setPointerCapture(event.pointerId);
      this.#fingers.set(event.pointerId, new Vector2(event.clientX, event.clientY));
      this.#travelled = this.#fingers.size > 1 ? Infinity : 0;
    });
    on('pointermove', (event) => this.#drag(event));
    on('pointercancel', (event) => this.#fingers.delete(event.pointerId));
    on('pointerup', (event) => {
      this.#fingers.delete(event.pointerId);
      if (this.#travelled <= CLICK_PIXELS && event.button === 0) this.#pressAt(event.clientX, event.clientY);
    });
    on('wheel', (event) => {
      event.preventDefault();
      this.#go(0, 0, Math.exp(Math.sign(event.deltaY) * 0.1));
    });
    on('keydown', (event) => this.#press(event));
    this.#canvas.addEventListener('webglcontextlost', (event) => event.preventDefault(), { signal });
    this.#canvas.addEventListener('webglcontextrestored', () => this.#redraw(), { signal });
  }

  #press(event: KeyboardEvent): void {
    const way = WAYS[event.key];
    if ((!way && event.key !== 'Home') || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (way) this.#go(...way);
    else this.#rig.view = FIRST;
  }

  #pressAt(clientX: number, clientY: number): void {
    const { origin, direction } = this.#rig.ray(this.#canvas.getBoundingClientRect(), clientX, clientY);
    const found = this.pages.hit(origin, direction);
    if (found) this.onPage(found.page, found.isAbove);
  }

  /** One finger walks round the table, two come nearer or go farther. */
  #drag(event: PointerEvent): void {
    const last = this.#fingers.get(event.pointerId);
    if (!last) return;
    const before = this.#spread();
    const by = new Vector2(event.clientX, event.clientY).sub(last);
    last.add(by);
    this.#travelled += by.length();
    const after = this.#spread();
    if (before && after) this.#go(0, 0, before / Math.max(1, after));
    else if (this.#travelled > CLICK_PIXELS) this.#go(-by.x * ORBIT_RAD[0], by.y * ORBIT_RAD[1], 1);
  }

  #spread(): number | undefined {
    const [a, b] = [...this.#fingers.values()];
    return a && b && a.distanceTo(b);
  }

  #go(yaw: number, pitch: number, distance: number): void {
    const { view } = this.#rig;
    this.#rig.view = { yaw: view.yaw + yaw, pitch: view.pitch + pitch, distance_m: view.distance_m * distance };
  }

  #resize(): void {
    const { clientWidth: w, clientHeight: h } = this.#canvas;
    if (w === 0 || h === 0) return;
    this.#renderer.setSize(w, h, false);
    this.#rig.resize(w, h);
    this.#redraw();
  }

  #frame(now: number): void {
    const seconds = Math.min(0.1, (now - this.#last) / 1000);
    this.#last = now;
    const clock = performance.now();
    this.#boards.show(this.#room.entities(), (by) => colourOf(this.#room, by));
    if (this.pages.show(this.#room.entities())) this.#dirty = true;
    let changed = this.#dirty;
    this.#dirty = false;
    if (this.#rig.update(seconds)) changed = true;
    if (this.#avatars.update(clock, this.#rig.camera.getWorldPosition(new Vector3()))) this.#moved = true;
    if (this.#moved && now - this.#drawnAt >= this.#redrawEvery) changed = true;
    this.#pose(clock);
    if (!changed) return;
    this.#drawnAt = now;
    this.#moved = false;
    this.#renderer.info.reset();
    this.#renderer.render(this.#scene, this.#rig.camera);
  }

  #pose(now: number): void {
    if (now - this.#posedAt < POSE_EVERY_MS) return;
    this.#posedAt = now;
    this.#room.pose(leaning(seatedPoses(ownPlace(this.#room), this.#rig.view, undefined), this.leans()));
  }
}

/** Opens the place on a canvas; `undefined` where the device has no WebGL 2. */
export function createGathering(canvas: HTMLCanvasElement, room: RoomView, place: PlaceId): Gathering | undefined {
  const device = graphics();
  return device && new Gathering(canvas, room, place, device);
}
