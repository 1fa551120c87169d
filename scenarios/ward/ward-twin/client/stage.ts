/** The ward on a stage of its own: metres, Y up, its middle at the origin. It is drawn again only when something changed. */
import { Color, DirectionalLight, Group, HemisphereLight, PerspectiveCamera, Raycaster, Scene, Vector2, Vector3 } from 'three';
import type { WebGLRenderer } from 'three';
import { PlaceScene } from '../../../../client/stage/places/place-scene';
import { createRenderer } from '../../../../client/stage/renderer';
import type { Graphics } from '../../../../client/stage/renderer';
import { BedPlace } from './beds';
import { BOARDS, WallBoard } from './boards';
import { Organs } from './organs';
import { bedPlaces, boardPlaces, wardDesign } from './place';
import type { WardSaid } from './said';

const TURN = 0.12;
const FOV_deg = 45;
const GROUND = { day: '#10191c', night: '#05090a' } as const;
/** Light for what changes at beds; what stands there carries its own. */
const LIGHT = { day: [1.5, 1.2], night: [0.35, 0.2] } as const;

/** How bright screens and boards are. */
const DIM = { day: 1, night: 0.5 } as const;
/** On a screen boards stand so far before their wall that they can turn towards who looks. */
const BEFORE_WALL_m = 0.85;

/** So many screens are painted, and handed to the card, between two frames: all of a large ward at once would hold the page still. */
const PAINTED_AT_ONCE = 3;
/** The ward is drawn when all screens are painted, but never later than this: drawing it is what costs most without a card. */
const LATEST_ms = 1000;

/** Over the chest of who lies there, below the screen. */
const ORGANS_m = [0, 1.34, -0.3] as const;

/** Somebody inside with a headset: told at each frame, before it is drawn. */
export interface Visitor {
  update(seconds: number): void;
}

export class WardStage {
  readonly renderer: WebGLRenderer;
  readonly scene = new Scene();
  /** In a headset, the floor under the visitor. */
  readonly rig = { rig: new Group(), camera: new PerspectiveCamera(FOV_deg, 1, 0.1, 200) };
  readonly beds = new Map<string, BedPlace>();
  readonly boards = new Map(BOARDS.map((name) => [name, new WallBoard(name)]));
  /** Told when all screens say what is known. */
  onPainted: () => void = () => undefined;
  readonly #canvas: HTMLCanvasElement;
  readonly #sky = new HemisphereLight('#ffffff', '#4a4a44', 1);
  readonly #lamp = new DirectionalLight('#fff2df', 1);
  readonly #stop = new AbortController();
  readonly #size: ResizeObserver;
  readonly #onOpen: (bed: string) => void;
  /** At the bed at which a visitor stands. */
  #organs: Organs | undefined;
  #at: string | undefined;
  #said: WardSaid | undefined;
  #place: PlaceScene | undefined;
  #night = false;
  #unsaid = false;
  /** Whether something else than a screen is to be drawn. */
  #moved = true;
  #drawn_ms = 0;
  #turn = 0.35;
  #height = 0.5;
  #distance = 9;
  #asked = 0;
  #visitor: Visitor | undefined;
  #last = 0;

  constructor(canvas: HTMLCanvasElement, card: Graphics, onOpen: (bed: string) => void) {
    [this.#canvas, this.#onOpen] = [canvas, onOpen];
    this.renderer = createRenderer(canvas, card);
    this.#lamp.position.set(4, 10, 6);
    this.rig.rig.add(this.rig.camera);
    this.scene.add(this.rig.rig, this.#sky, this.#lamp, ...[...this.boards.values()].map(({ mesh }) => mesh));
    this.#listen();
    this.#size = new ResizeObserver(() => this.invalidate());
    this.#size.observe(canvas);
  }

  /** Shows the ward as it is now. */
  show(ward: WardSaid, night: boolean): void {
    const laid = ward.beds.length === this.beds.size && ward.beds.every(({ id }) => this.beds.has(id));
    this.#moved ||= !laid || night !== this.#night;
    if (!laid || night !== this.#night || !this.#place) this.#furnish(ward.beds.length, night);
    if (!laid) this.#lay(ward);
    [this.#said, this.#unsaid] = [ward, true];
    const dim = night ? DIM.night : DIM.day;
    for (const bed of ward.beds) this.beds.get(bed.id)?.show(bed, ward.say, dim);
    for (const board of this.boards.values()) board.show(ward, dim);
    this.#showOrgans();
    this.#wake();
  }

  /** A visitor stands at this bed: over who lies there a heart and lungs move as they are measured to. */
  standAt(bed: string | undefined): void {
    this.#at = bed;
    this.#showOrgans();
  }

  #showOrgans(): void {
    const bed = this.#said?.beds.find(({ id, occupied }) => id === this.#at && occupied);
    const place = bed && this.beds.get(bed.id);
    if (!bed || !place) {
      this.#organs?.group.removeFromParent();
      return;
    }
    this.#organs ??= new Organs();
    this.#organs.group.position.set(...ORGANS_m);
    if (this.#organs.group.parent !== place.group) place.group.add(this.#organs.group);
    this.#organs.set(bed.pace, this.#night ? DIM.night : DIM.day);
  }

  /** Paints some of the screens that wait; answers whether none waits any more. */
  #paint(): boolean {
    const stale = [...this.beds.values()].filter(({ isStale }) => isStale);
    for (const bed of stale.slice(0, PAINTED_AT_ONCE)) bed.paint(this.renderer);
    const isWhole = stale.length <= PAINTED_AT_ONCE;
    if (isWhole && this.#unsaid) {
      this.#unsaid = false;
      this.onPainted();
    }
    return isWhole;
  }

  /** What stands on each screen and board. */
  words(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.beds, ...this.boards].map(([name, { words }]) => [name, words]));
  }

  /** Whether one can stand there. */
  free(x: number, z: number): boolean {
    return this.#place?.free(x, z) ?? false;
  }

  /** Draws again soon. */
  invalidate(): void {
    this.#moved = true;
    this.#wake();
  }

  #wake(): void {
    if (!this.#visitor) this.#asked ||= requestAnimationFrame(() => this.#draw());
  }

  /** A headset session begins: each of its frames is drawn. */
  enter(visitor: Visitor): void {
    cancelAnimationFrame(this.#asked);
    this.#asked = 0;
    this.#visitor = visitor;
    // Screens hang at the heads of their beds, and look into the aisle.
    for (const { screen } of this.beds.values()) screen.rotation.set(0, 0, 0);
    this.#hang();
    const calm = matchMedia('(prefers-reduced-motion: reduce)');
    this.renderer.setAnimationLoop((now) => {
      const seconds = Math.min(0.1, (now - this.#last) / 1000);
      this.#last = now;
      this.#visitor?.update(seconds);
      if (!calm.matches) this.#organs?.update(seconds);
      this.#paint();
      this.renderer.info.reset();
      this.renderer.render(this.scene, this.rig.camera);
    });
  }

  leave(): void {
    this.#visitor = undefined;
    this.standAt(undefined);
    this.renderer.setAnimationLoop(null);
    // The renderer learns of the session's end after us, and keeps its size until then.
    setTimeout(() => this.invalidate(), 0);
  }

  dispose(): void {
    this.renderer.setAnimationLoop(null);
    cancelAnimationFrame(this.#asked);
    this.#stop.abort();
    this.#size.disconnect();
    for (const part of [...this.beds.values(), ...this.boards.values()]) part.dispose();
    this.#organs?.dispose();
    this.#place?.dispose();
    this.renderer.dispose();
  }

  #furnish(beds: number, night: boolean): void {
    this.#night = night;
    this.#place?.dispose();
    this.#place = new PlaceScene(wardDesign(beds, night));
    this.#place.onChange = () => this.invalidate();
    this.scene.add(this.#place.group);
    this.scene.background = new Color(night ? GROUND.night : GROUND.day);
    [this.#sky.intensity, this.#lamp.intensity] = night ? LIGHT.night : LIGHT.day;
  }

  #lay(ward: WardSaid): void {
    for (const bed of this.beds.values()) bed.dispose();
    this.beds.clear();
    const places = bedPlaces(ward.beds.length);
    for (const [n, { id }] of ward.beds.entries()) {
      const bed = new BedPlace(id, places[n] ?? [0, 0, 0]);
      this.beds.set(id, bed);
      this.scene.add(bed.group);
    }
    this.#distance = Math.max(9, Math.ceil(ward.beds.length / 2) * 3.1);
  }

  /** Boards on their wall. */
  #hang(): void {
    const places = boardPlaces(this.beds.size);
    for (const [name, board] of this.boards) board.place(places[name]);
  }

  #draw(): void {
    this.#asked = 0;
    const { clientWidth: width, clientHeight: tall } = this.#canvas;
    if (this.#visitor) return;
    const now_ms = performance.now();
    if (!this.#paint()) {
      this.#wake();
      if (!this.#moved && now_ms - this.#drawn_ms < LATEST_ms) return;
    }
    if (width === 0 || tall === 0) return;
    [this.#moved, this.#drawn_ms] = [false, now_ms];
    const { camera } = this.rig;
    this.renderer.setSize(width, tall, false);
    camera.aspect = width / tall;
    // A headset has an angle of its own, and leaves it behind.
    camera.fov = FOV_deg;
    // On a narrow screen the whole ward is seen from farther away.
    const distance = this.#distance * Math.max(1, 1.75 / camera.aspect);
    camera.updateProjectionMatrix();
    const flat = Math.cos(this.#height) * distance;
    camera.position.set(Math.sin(this.#turn) * flat, 1 + Math.sin(this.#height) * distance, Math.cos(this.#turn) * flat);
    camera.lookAt(0, 1, 0);
    for (const { screen } of this.beds.values()) screen.lookAt(camera.position.x, screen.getWorldPosition(new Vector3()).y, camera.position.z);
    this.#hang();
    for (const { mesh } of this.boards.values()) {
      mesh.position.x += BEFORE_WALL_m;
      mesh.lookAt(camera.position.x, mesh.position.y, camera.position.z);
    }
    this.renderer.info.reset();
    this.renderer.render(this.scene, camera);
  }

  #listen(): void {
    const { signal } = this.#stop;
    const canvas = this.#canvas;
    let from: PointerEvent | undefined;
    let moved = false;
    canvas.addEventListener('keydown', (event) => this.#key(event), { signal });
    canvas.addEventListener('pointerdown', (event) => ([from, moved] = [event, false]), { signal });
    canvas.addEventListener('pointermove', (event) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.clientX, event.clientY - from.clientY];
      moved ||= Math.hypot(dx, dy) > 4;
      if (!moved) return;
      this.#look(-dx * 0.005, dy * 0.005);
      from = event;
    }, { signal });
    canvas.addEventListener('pointerup', (event) => {
      if (from && !moved) this.#press(event);
      from = undefined;
    }, { signal });
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      this.#zoom(event.deltaY > 0 ? 1.1 : 0.9);
    }, { signal, passive: false });
  }

  #key(event: KeyboardEvent): void {
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.#look(-TURN, 0),
      ArrowRight: () => this.#look(TURN, 0),
      ArrowUp: () => this.#look(0, TURN),
      ArrowDown: () => this.#look(0, -TURN),
      '+': () => this.#zoom(0.9),
      '-': () => this.#zoom(1.1),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  }

  #look(turn: number, height: number): void {
    this.#turn += turn;
    this.#height = Math.min(1.4, Math.max(0.1, this.#height + height));
    this.invalidate();
  }

  #zoom(factor: number): void {
    this.#distance = Math.min(80, Math.max(3, this.#distance * factor));
    this.invalidate();
  }

  #press(event: PointerEvent): void {
    const frame = this.#canvas.getBoundingClientRect();
    const at = new Vector2(((event.clientX - frame.left) / frame.width) * 2 - 1, 1 - ((event.clientY - frame.top) / frame.height) * 2);
    const ray = new Raycaster();
    ray.setFromCamera(at, this.rig.camera);
    const bed = this.bedOn(ray);
    if (bed !== undefined) this.#onOpen(bed);
  }

  /** The bed whose screen or patient a ray meets first, or whose mattress lies in its way. */
  bedOn(ray: Raycaster): string | undefined {
    const [hit] = ray.intersectObjects([...this.beds.values()].map(({ group }) => group));
    for (let part = hit?.object ?? null; part; part = part.parent) {
      const bed: unknown = part.userData['bed'];
      if (typeof bed === 'string') return bed;
    }
    return undefined;
  }
}
