import { type Camera, Color, Quaternion, Scene, Vector3, type WebGLRenderer } from 'three';
import { Emitter } from '../core/emitter';
import type { Transform, Vec3 } from '../core/frames';
import type { Language } from '../core/language';
import { isReduced } from '../core/volume/reduced';
import type { VolumeStore } from '../core/volume/store';
import { AroundBall } from './around';
import { Avatars } from './avatars';
import { Boards } from './boards';
import { CameraRig, type View } from './camera-rig';
import { VOLUME_LAYER } from './compositor';
import { Figures } from './figures';
import { Gestures } from './gestures';
import { HologramView } from './hologram';
import { Keys } from './keys';
import { LesionMarks } from './lesions';
import { Marks } from './marks';
import { pick, type Hit } from './picking';
import { pictureFrom } from './picture';
import type { PlaceId } from './places/design';
import { Pages } from './pages';
import { Proposals, type Proposal } from './proposals';
import { createRenderer, graphics, type Graphics } from './renderer';
import { RoomScene } from './room-scene';
import { type BoardPoint, colourOf, type EntityId, type Hologram, type Pose, type Poses, type RoomView } from './room-view';
import { type Lean, leaning, list, ownPlace, seatedPoses } from './seats';
import { SharedHologram } from './shared';
import { Tools } from './tools';
import { scaled, turned } from './turning';

const GROUND = 0x0a0d12;
/** Own poses are handed over at the room's pace, 20 a second. */
const POSE_EVERY_MS = 50;

export interface StageEvents {
  /** The graphics context went or came back; slices go on meanwhile. */
  context: { readonly lost: boolean };
  /** A headset took the place of the screen. */
  entered: Record<string, never>;
  /** A frame is drawn for a headset; the page's own frames may stop meanwhile. */
  worn: Record<string, never>;
  /** Somebody else holds the hologram. */
  refused: { readonly by: string };
  /** A page that stands here was pressed, above its middle or below, on the screen or inside by headset. */
  page: { readonly id: EntityId; readonly isAbove: boolean; readonly isInside: boolean };
  /** One wanted to move what somebody has locked. */
  locked: { readonly name: string };
}

export interface StageOptions {
  readonly room: RoomView;
  readonly store: VolumeStore;
  readonly language?: Language;
  /** Which room of the hospital is around the hologram; left out, the consulting room. */
  readonly place?: PlaceId;
  /** Whether people are drawn as whole figures; left out, where a graphics card draws. */
  readonly figures?: boolean;
}

/** What a headset session changes: who poses, and what is drawn around the hologram. */
export interface Presence {
  poses(): Poses;
  update(seconds: number): void;
  readonly passthrough: boolean;
  /** Whether the hologram stands on something of the real room. */
  readonly onSurface: boolean;
  /** From where one looks, and a teleport there. */
  view(): View;
  stand(view: View): void;
}

/** A room of the hospital around one hologram. Entities in, acts and poses out; no page framework inside. */
export class Stage {
  readonly events = new Emitter<StageEvents>();
  readonly scene = new Scene();
  readonly rig = new CameraRig();
  readonly renderer: WebGLRenderer;
  readonly hologram: HologramView;
  readonly shared: SharedHologram;
  readonly tools: Tools;
  readonly marks: Marks;
  readonly proposals: Proposals;
  /** How a webcam sees one's own head lean; nothing without one. */
  leans: () => Lean | undefined = () => undefined;
  /** Called when the shared hologram changed: slices and panels follow `shared.now()`. */
  onHologram: () => void = () => undefined;
  readonly #room: RoomView;
  readonly #roomScene: RoomScene;
  readonly #avatars: Avatars;
  readonly boards = new Boards();
  readonly pages = new Pages();
  readonly #lesions: LesionMarks;
  readonly #gestures: Gestures;
  readonly #keys: Keys;
  readonly #canvas: HTMLCanvasElement;
  readonly #ends: (() => void)[] = [];
  /** Ends following the scan that is shown. */
  #endScan: () => void = () => undefined;
  readonly #first: ReturnType<CameraRig['copy']>;
  #presence: Presence | undefined;
  #around: AroundBall | undefined;
  /** Others' movements alone draw the room again no sooner than this. */
  readonly #redrawEvery: number;
  /** Somebody moved since the room was drawn. */
  #moved = false;
  #drawnAt = 0;
  #dirty = true;
  #lost = false;
  #pointed: Hit | undefined;
  #last = 0;
  #posedAt = 0;

  constructor(canvas: HTMLCanvasElement, options: StageOptions, device: Graphics) {
    this.#canvas = canvas;
    this.#room = options.room;
    this.#roomScene = new RoomScene(options.place ?? 'consulting');
    this.#roomScene.onChange = () => this.invalidate();
    this.renderer = createRenderer(canvas, device);
    this.#redrawEvery = device.software ? 120 : 0;
    this.hologram = new HologramView(options.store, device);
    this.shared = new SharedHologram(options.room);
    this.shared.onEcho = () => this.#told();
    this.shared.onRefused = (by) => this.events.emit('refused', { by });
    this.shared.onLocked = ({ name }) => this.events.emit('locked', { name });
    this.marks = new Marks(this.hologram);
    this.proposals = new Proposals(this.hologram);
    this.tools = new Tools(options.room, this.shared, this.hologram, this.marks);
    this.#lesions = new LesionMarks(this.hologram);
    this.#avatars = new Avatars(options.room, (options.figures ?? !device.software) ? new Figures() : undefined);
    this.#gestures = new Gestures(canvas, this.rig, this.hologram, this.shared, this.tools);
    this.#gestures.onPoint = (hit) => (this.#pointed = hit);
    this.#gestures.onClick = (origin, direction) => this.press(origin, direction);
    this.#keys = new Keys(canvas, this.rig, this.hologram, this.shared, this.tools, this.marks);
    this.#keys.onHome = () => this.home();
    this.#first = this.rig.copy();
    this.language = options.language ?? 'zh';
    this.scene.background = new Color(GROUND);
    this.scene.add(this.#roomScene.group, this.rig.rig, this.hologram.root, this.#avatars.group, this.marks.group, this.#lesions.group, this.boards.group, this.pages.group);
    this.#listen();
    this.resize();
    this.renderer.setAnimationLoop((now) => this.#frame(now));
  }

  set language(language: Language) {
    this.#lesions.language = language;
    this.invalidate();
  }

  /** The room of the hospital that is seen around the hologram; each chooses it for oneself. */
  get surroundings(): PlaceId {
    return this.#roomScene.place;
  }

  set surroundings(place: PlaceId) {
    this.#roomScene.place = place;
  }

  /** Whether all of the place around the hologram has come. */
  get furnished(): boolean {
    return this.#roomScene.furnished;
  }

  /** Whether somebody can stand at a spot of the room, in metres. */
  free(x: number, z: number): boolean {
    return this.#roomScene.free(x, z);
  }

  /** A picture of all around, in the place of the room, for whoever wears a headset; screens have a view of their own. */
  set around(video: HTMLVideoElement | undefined) {
    this.#around?.dispose();
    this.#around = video && new AroundBall(video);
    if (this.#around) this.scene.add(this.#around.mesh);
    this.invalidate();
  }

  /** Other images stand in the room: their scan is drawn from now on. Whoever is inside with a headset stays there. */
  show(store: VolumeStore): void {
    this.marks.cursor(undefined);
    this.proposals.show([]);
    this.hologram.show(store);
    this.#lesions.follow();
    this.#followScan();
    this.#told();
  }

  /** Draws again at the next frame. */
  invalidate(): void {
    this.#dirty = true;
  }

  /** What is seen of the hologram at a point of the page. */
  pickAt(clientX: number, clientY: number): Hit | undefined {
    const { origin, direction } = this.#gestures.ray(clientX, clientY);
    return pick(this.hologram, origin, direction);
  }

  /** Draws at once, as for a picture of the stage. */
  drawNow(): void {
    this.#draw(this.hologram.overlayShown);
  }

  /** Draws on a board, for everybody. */
  ink(board: EntityId, points: readonly BoardPoint[]): void {
    if (points.length > 1) this.#room.act({ act: 'add', entity: { type: 'ink', board, points } });
  }

  /** Presses the page that a ray meets before the hologram; false where there is none. */
  press(origin: Vector3, direction: Vector3): boolean {
    const found = this.pages.hit(origin, direction);
    const before = found && pick(this.hologram, origin, direction);
    if (!found || (before && before.room.distanceTo(origin) < found.distance)) return false;
    this.events.emit('page', { id: found.page, isAbove: found.isAbove, isInside: this.#presence !== undefined });
    return true;
  }

  /** What the stage shows now, as a PNG in a data URL. */
  picture(): string {
    if (this.#presence) return this.#pictureInside();
    this.drawNow();
    // The drawing lasts until the next frame: it is read in the same breath.
    return this.#canvas.toDataURL('image/png');
  }

  /** With a headset the canvas shows nothing of it: what the head looks at is drawn apart. */
  #pictureInside(): string {
    const { background } = this.scene;
    this.scene.background = new Color(GROUND);
    const png = pictureFrom(this.renderer, this.scene, this.renderer.xr.getCamera());
    this.scene.background = background;
    return png;
  }

  /** True where this device can only show the hologram coarser than the scan is. */
  get reduced(): boolean {
    return isReduced(this.hologram.picture.reduction);
  }

  /** True while the picture still sharpens. */
  get refining(): boolean {
    return !this.hologram.picture.ready || this.hologram.compositor.refining;
  }

  resize(): void {
    const { clientWidth: w, clientHeight: h } = this.#canvas;
    if (this.renderer.xr.isPresenting || w === 0 || h === 0) return;
    this.renderer.setSize(w, h, false);
    this.rig.resize(w, h);
    this.invalidate();
  }

  /** Changes the shared hologram: window, mode, layers, clip, cursor. Shown at once, then the server's word counts. */
  set(patch: Partial<Omit<Hologram, 'type' | 'series' | 'transform'>>): void {
    this.shared.set(patch);
    if (patch.cursor_lps_mm) this.hologram.store.setFocus(patch.cursor_lps_mm);
  }

  /** Buttons beside the stage: turn by degrees, scale by a factor. */
  turn(yaw_deg: number): void {
    this.shared.nudge((t) => turned(t, new Vector3(0, 1, 0), (yaw_deg * Math.PI) / 180));
  }

  scale(factor: number): void {
    this.shared.nudge((t) => scaled(t, factor));
  }

  /** Own view back to the front. */
  home(): void {
    this.rig.view = this.#first;
  }

  /** From where one looks at the hologram. */
  get ownView(): View {
    return this.#presence?.view() ?? this.rig.view;
  }

  /** From where one sees the room, and which way; who only looks on hears from there too. */
  get eye(): Pose {
    const [position, rotation] = [new Vector3(), new Quaternion()];
    this.#camera.matrixWorld.decompose(position, rotation, new Vector3());
    return { position_m: list(position), rotation: [rotation.x, rotation.y, rotation.z, rotation.w] };
  }

  /** Looks from there, as somebody does who shows the way. In a headset nobody is moved but by being brought there once. */
  look(view: View, once: boolean): void {
    if (!this.#presence) this.rig.view = view;
    else if (once) this.#presence.stand(view);
    this.invalidate();
  }

  /** What was found where people asked for nodules. */
  propose(all: readonly Proposal[]): void {
    this.proposals.show(all);
    this.invalidate();
  }

  /** Puts the hologram back upright where `transform` says, for everybody. */
  place(transform: Transform): void {
    this.shared.nudge(() => transform);
  }

  /** Brings the slices' crosshair to a point, and the bricks around it first. */
  lookAt(point_lps_mm: Vec3): void {
    this.set({ cursor_lps_mm: point_lps_mm });
  }

  showLesion(id: string): boolean {
    const lesion = this.hologram.store.manifest.lesions.find((l) => l.id === id);
    if (lesion) this.lookAt(lesion.centre_lps_mm);
    return lesion !== undefined;
  }

  /** A headset session begins: its eyes and hands take the place of camera and mouse. */
  enter(presence: Presence): void {
    this.#presence = presence;
    this.rig.camera.layers.enable(VOLUME_LAYER);
    this.events.emit('entered', {});
  }

  /** The headset is put down. */
  leave(): void {
    this.#presence = undefined;
    this.rig.camera.layers.disable(VOLUME_LAYER);
    this.hologram.castApart();
    // The renderer learns of the session's end after us, and keeps its size until then.
    setTimeout(() => this.resize(), 0);
  }

  dispose(): void {
    this.renderer.setAnimationLoop(null);
    for (const end of [...this.#ends, this.#endScan]) end();
    this.#around?.dispose();
    for (const part of [this.#gestures, this.#keys, this.shared, this.#avatars, this.boards, this.pages, this.#lesions, this.marks, this.proposals, this.hologram, this.#roomScene, this.renderer]) part.dispose();
    this.tools.events.clear();
    this.events.clear();
  }

  #listen(): void {
    const stop = new AbortController();
    this.#followMotion(stop.signal);
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(this.#canvas);
    this.#followScan();
    this.#ends.push(() => stop.abort(), () => sizes.disconnect(), this.#room.onChange(() => this.#told()));
    for (const name of ['pointermove', 'pointerup', 'keydown', 'wheel'] as const) this.#canvas.addEventListener(name, () => this.invalidate(), { signal: stop.signal, passive: true });
    this.#canvas.addEventListener('webglcontextlost', (event) => this.#context(event, true), { signal: stop.signal });
    this.#canvas.addEventListener('webglcontextrestored', (event) => this.#context(event, false), { signal: stop.signal });
  }

  #followScan(): void {
    this.#endScan();
    this.hologram.surfaces.onChange = () => this.#changed();
    this.#endScan = this.hologram.store.events.on('base', () => this.invalidate());
  }

  /** Who wants no motion is brought to each view at once, and sees nobody blink, from the moment they say so. */
  #followMotion(signal: AbortSignal): void {
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const follow = (): void => {
      this.rig.reducedMotion = still.matches;
      this.#avatars.blinks = !still.matches;
    };
    follow();
    still.addEventListener('change', follow, { signal });
  }

  /** After a loss three.js uploads its own things again; voxels come back from the CPU's copy. */
  #context(event: Event, lost: boolean): void {
    if (lost) event.preventDefault();
    else this.hologram.restore();
    this.#lost = lost;
    this.events.emit('context', { lost });
    this.invalidate();
  }

  #told(): void {
    this.invalidate();
    this.onHologram();
  }

  /** Solid surfaces came or went: rays end elsewhere. */
  #changed(): void {
    this.hologram.compositor.reset();
    this.invalidate();
  }

  #frame(now: number): void {
    if (this.#lost) return;
    const seconds = Math.min(0.1, (now - this.#last) / 1000);
    this.#last = now;
    const { hologram } = this;
    const presence = this.#presence;
    const clock = performance.now();
    presence?.update(seconds);
    if (presence) this.events.emit('worn', {});
    const there = this.shared.now(clock);
    // Other images may stand there already while their scan is on its way: those of before are no images of it.
    const shown = there?.state.series === hologram.store.manifest.series ? there : undefined;
    this.marks.group.visible = shown !== undefined;
    if (!shown && hologram.state) this.tools.cancel();
    if (!shown) hologram.hide();
    const colour = (by: string): string => colourOf(this.#room, by);
    this.boards.show(this.#room.entities(), colour);
    if (shown) {
      hologram.set(shown.state, shown.transform);
      this.marks.show(this.#room.entities(), shown.id, (id) => this.proposals.wordsOf(id), colour);
    }
    if (this.pages.show(this.#room.entities())) this.#dirty = true;
    let changed = this.#dirty || this.shared.holding || presence !== undefined;
    this.#dirty = false;
    if (!presence && this.rig.update(seconds)) changed = true;
    if (this.#avatars.update(clock, this.#eye())) this.#moved = true;
    if (this.#moved && now - this.#drawnAt >= this.#redrawEvery) changed = true;
    if (hologram.picture.upload(this.renderer)) changed = true;
    this.#pose(clock);
    this.#roomScene.backdropVisible = !presence?.passthrough && !this.#surround();
    this.#roomScene.tableVisible = !presence?.onSurface;
    this.scene.updateMatrixWorld();
    const ready = hologram.picture.ready && hologram.volumeVisible && shown !== undefined;
    if (presence) hologram.castInScene(ready, seconds);
    else if (ready && hologram.compositor.update(this.renderer, this.rig.camera, hologram.surfaces.solid ? this.scene : null, now)) changed = true;
    if (!changed && (presence || ready === hologram.overlayShown)) return;
    this.#drawnAt = now;
    this.#moved = false;
    this.#draw(ready);
  }

  /** Keeps a picture of all around about the eye; whether it is seen. */
  #surround(): boolean {
    const ball = this.#around;
    if (!ball) return false;
    // Who sees the real room around them goes on seeing it.
    ball.mesh.visible = this.#presence?.passthrough === false;
    ball.about(this.#eye());
    return ball.mesh.visible;
  }

  get #camera(): Camera {
    return this.#presence ? this.renderer.xr.getCamera() : this.rig.camera;
  }

  /** From where one sees the room. */
  #eye(): Vector3 {
    return new Vector3().setFromMatrixPosition(this.#camera.matrixWorld);
  }

  #draw(ready: boolean): void {
    const passthrough = this.#presence?.passthrough ?? false;
    const eye = this.rig.camera.getWorldPosition(new Vector3());
    const distanceTo = (p: { x: number; y: number; z: number }): number => Math.max(0.1, eye.distanceTo(p as Vector3));
    this.hologram.overlayShown = ready && !this.#presence;
    this.marks.update(distanceTo);
    this.#lesions.update(distanceTo);
    this.scene.background = passthrough ? null : new Color(GROUND);
    this.renderer.setClearColor(GROUND, passthrough ? 0 : 1);
    this.renderer.info.reset();
    this.renderer.render(this.scene, this.rig.camera);
  }

  #pose(now: number): void {
    if (now - this.#posedAt < POSE_EVERY_MS) return;
    this.#posedAt = now;
    const seated = (): Poses => seatedPoses(ownPlace(this.#room), this.rig.view, this.#pointed?.room, this.shared.holding);
    const poses = this.#presence?.poses() ?? leaning(seated(), this.leans());
    this.shared.stream(poses);
  }
}

/** Why there is no stage here; slices serve instead. */
export class NoStage extends Error {
  override name = 'NoStage';
}

/** Opens the stage on a canvas; throws `NoStage` where the device has no WebGL 2. */
export function createStage(canvas: HTMLCanvasElement, options: StageOptions): Stage {
  const device = graphics();
  if (!device) throw new NoStage('this device has no WebGL 2');
  return new Stage(canvas, options, device);
}
