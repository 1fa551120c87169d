import { Color, Scene, Vector3, type WebGLRenderer } from 'three';
import { Emitter } from '../core/emitter';
import type { Vec3 } from '../core/frames';
import { AirLines } from './air-lines';
import { AirPen, type AirStep } from './air-pen';
import { AroundBall } from './around';
import { Avatars } from './avatars';
import { BoardPen } from './board-pen';
import { CameraRig, type View } from './camera-rig';
import { Figures } from './figures';
import { Gestures } from './gestures';
import { headOf } from './head';
import type { HologramView } from './hologram';
import { KeyLaser } from './key-laser';
import type { OwnHand } from './own-hand';
import { reachOf } from './own-reach';
import type { Pages } from './pages';
import { pictureFrom } from './picture';
import { PictureStand, type ShownVideo } from './picture-stand';
import type { PlaceId } from './places/design';
import { createRenderer, type Graphics } from './renderer';
import { RoomScene } from './room-scene';
import type { EntityId, Pose, Poses, RoomView } from './room-view';
import { type Lean, leaning, list, ownPlace, seatedPoses } from './seats';
import type { SharedHologram } from './shared';
import { Things } from './things';
import type { Tool, Tools } from './tools';
import type { Rigid } from './turning';

const GROUND = 0x0a0d12;
/** Own poses are handed over at the room's pace, 20 a second. */
const POSE_EVERY_MS = 50;

export interface SpaceEvents {
  /** The graphics context went or came back; slices go on meanwhile. */
  context: { readonly lost: boolean };
  /** A headset took the place of the screen. */
  entered: Record<string, never>;
  /** A frame is drawn for a headset; the page's own frames may stop meanwhile. */
  worn: Record<string, never>;
  /** Somebody else holds what one wanted to move. */
  refused: { readonly by: string; readonly id: EntityId };
  /** What was done with the pen in the air, for those who listen to the page. */
  step: { readonly step: AirStep };
  /** A page that stands here was pressed, above its middle or below, on the screen or inside by headset. */
  page: { readonly id: EntityId; readonly isAbove: boolean; readonly isInside: boolean };
  /** One wanted to move what somebody has locked. */
  locked: { readonly name: string };
}

export interface SpaceOptions {
  readonly room: RoomView;
  /** Which room of the hospital is around the table. */
  readonly place: PlaceId;
  /** Whether people are drawn as whole figures; left out, where a graphics card draws. */
  readonly figures?: boolean | undefined;
}

/** What a headset session changes: who poses, and what is drawn around the table. */
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

/** The hologram of a room, and what is done with it. */
export interface Twin {
  readonly hologram: HologramView;
  readonly shared: SharedHologram;
  readonly tools: Tools;
}

/** A room of the hospital in which people meet: the place, those around its table, boards and pages, on a screen or with a headset. */
export abstract class Space {
  readonly events = new Emitter<SpaceEvents>();
  readonly scene = new Scene();
  readonly rig = new CameraRig();
  readonly renderer: WebGLRenderer;
  readonly things: Things;
  readonly pen: BoardPen;
  /** Lines in the air, and the pen that draws them. */
  readonly lines: AirLines;
  readonly air: AirPen;
  readonly laser: KeyLaser;
  /** How a webcam sees one's own head lean; nothing without one. */
  leans: () => Lean | undefined = () => undefined;
  /** Where one points that is not seen here, as on a slice beside it. */
  pointsBeside: () => Vec3 | undefined = () => undefined;
  protected readonly room: RoomView;
  protected readonly canvas: HTMLCanvasElement;
  protected readonly gestures: Gestures;
  protected presence: Presence | undefined;
  readonly #place: RoomScene;
  readonly #avatars: Avatars;
  readonly #ends: (() => void)[] = [];
  #around: AroundBall | undefined;
  #stand: PictureStand | undefined;
  /** Others' movements alone draw the room again no sooner than this. */
  readonly #redrawEvery: number;
  /** Somebody moved since the room was drawn. */
  #moved = false;
  #drawnAt = 0;
  #dirty = true;
  #lost = false;
  #pointed: Vector3 | undefined;
  #last = 0;
  #posedAt = 0;
  #turn = 0;

  constructor(canvas: HTMLCanvasElement, options: SpaceOptions, device: Graphics) {
    [this.canvas, this.room] = [canvas, options.room];
    this.#place = new RoomScene(options.place);
    this.#place.onChange = () => this.invalidate();
    this.renderer = createRenderer(canvas, device);
    this.#redrawEvery = device.software ? 120 : 0;
    this.#avatars = new Avatars(options.room, (options.figures ?? !device.software) ? new Figures() : undefined);
    this.things = new Things(options.room);
    this.listenTo(this.things.hand);
    this.lines = new AirLines(options.room);
    this.pen = new BoardPen(options.room, this.things);
    this.air = new AirPen(options.room, this.lines, () => this.things.movable);
    this.air.onStep = (step) => this.events.emit('step', { step });
    this.gestures = new Gestures(canvas, this);
    this.gestures.onPoint = (at) => this.#pointAt(at);
    this.laser = new KeyLaser(this.rig.camera, (origin, direction) => this.#endOf(origin, direction));
    this.laser.onUse = (origin, direction) => this.gestures.use(origin, direction);
    this.scene.background = new Color(GROUND);
    this.scene.add(this.#place.group, this.rig.rig, this.#avatars.group, this.things.group, this.lines.group, this.laser.dot);
    this.#listen();
    this.resize();
    this.renderer.setAnimationLoop((now) => this.#frame(now));
  }

  /** The tool in hand. */
  abstract get tool(): Tool;
  /** What is shared of the hologram that stands here, or will. */
  abstract readonly shared: SharedHologram;
  /** The hologram that is seen here, while one is. */
  abstract get twin(): Twin | undefined;

  /** What a ray ends at, where it meets the hologram at `seen`: what is nearest. */
  aim(origin: Vector3, direction: Vector3, seen: Vector3 | undefined): Vector3 | undefined {
    const thing = this.things.hit(origin, direction);
    if (thing && (!seen || seen.distanceTo(origin) > thing.distance)) return origin.clone().addScaledVector(direction, thing.distance);
    return seen ?? this.beyond(origin, direction);
  }

  /** Where a ray ends that meets nothing. */
  protected beyond(_origin: Vector3, _direction: Vector3): Vector3 | undefined {
    return undefined;
  }

  /** Where a ray ends in any case: what it meets, else the place around. */
  #endOf(origin: Vector3, direction: Vector3): Vector3 {
    const far = this.farOf(origin, direction);
    const seen = Number.isFinite(far) ? origin.clone().addScaledVector(direction, far) : undefined;
    return this.aim(origin, direction, seen) ?? this.inPlace(origin, direction);
  }

  /** A pointer that moves takes the laser from the keys; one that only rests where it is does not. */
  #pointAt(at: Vector3 | undefined): void {
    if (at && this.#pointed?.equals(at) !== true) this.laser.putOut();
    this.#pointed = at;
  }

  /** With another tool in hand nothing is pointed at; true where the keys did. */
  #putLaserDown(): boolean {
    this.#pointed = undefined;
    return this.laser.putOut();
  }

  /** What changes with each frame before people do; true where something is to be seen anew. */
  protected prepare(_nowMs: number): boolean {
    return false;
  }

  /** What follows once all is where it is; true where something is to be seen anew. */
  protected settle(_seconds: number, _frameMs: number): boolean {
    return false;
  }

  /** What is drawn by how far away it is. */
  protected dress(_distanceTo: (p: { x: number; y: number; z: number }) => number): void {}

  /** What stands in the room, or who is there, is another than before. */
  protected told(): void {
    this.invalidate();
  }

  /** After a lost context. */
  protected restore(): void {}

  /** One's own hands on what stands here. */
  protected get ownHands(): readonly OwnHand[] {
    return [this.things.hand];
  }

  protected listenTo(hand: OwnHand): void {
    hand.onRefused = (by, id) => this.events.emit('refused', { by, id });
    hand.onLocked = ({ name }) => this.events.emit('locked', { name });
  }

  /** Tells the room where one is. A pose says where one thing is: of two in hand each in its turn. */
  #stream(poses: Poses): void {
    const held = this.ownHands.flatMap((hand) => hand.stream() ?? []);
    this.#turn += 1;
    this.room.pose(poses, held[this.#turn % Math.max(1, held.length)]);
  }

  /** How far away along a ray the hologram is seen. */
  protected farOf(_origin: Vector3, _direction: Vector3): number {
    return Infinity;
  }

  /** The middle of the hologram that a ray goes through. */
  protected middleOf(_origin: Vector3, _direction: Vector3): Vector3 | undefined {
    return undefined;
  }

  /** Whether something is in one's own hand. */
  get holding(): boolean {
    return this.things.holding;
  }

  get pages(): Pages {
    return this.things.pages;
  }

  /** The room of the hospital that is seen around the table: what the room is, or what one has chosen for oneself. */
  get surroundings(): PlaceId {
    return this.#place.place;
  }

  set surroundings(place: PlaceId) {
    this.#place.place = place;
  }

  /** Whether all of the place around the table has come. */
  get furnished(): boolean {
    return this.#place.furnished;
  }

  /** Whether somebody can stand at a spot of the room, in metres. */
  free(x: number, z: number): boolean {
    return this.#place.free(x, z);
  }

  /** Where a ray meets the table's top, the floor, a wall or the ceiling. */
  protected inPlace(origin: Vector3, direction: Vector3): Vector3 {
    return this.#place.meets(origin, direction);
  }

  /** A picture of all around, in the place of the room, for whoever wears a headset; screens have a view of their own. */
  set around(video: HTMLVideoElement | undefined) {
    this.#around?.dispose();
    this.#around = video && new AroundBall(video);
    if (this.#around) this.scene.add(this.#around.mesh);
    this.invalidate();
  }

  /** A shared screen or a camera, in the room itself, for whoever wears a headset; on a screen it has a place of its own. */
  set shown(shown: ShownVideo | undefined) {
    this.#stand?.dispose();
    this.#stand = shown && new PictureStand(shown);
    if (this.#stand) this.scene.add(this.#stand.group);
    this.invalidate();
  }

  /** Draws again at the next frame. */
  invalidate(): void {
    this.#dirty = true;
  }

  /** Presses the page that a ray meets before the hologram; false where there is none. */
  press(origin: Vector3, direction: Vector3): boolean {
    const found = this.pages.hit(origin, direction);
    if (!found || this.farOf(origin, direction) < found.distance) return false;
    this.events.emit('page', { id: found.page, isAbove: found.isAbove, isInside: this.presence !== undefined });
    return true;
  }

  /** The board or page that is seen first along a ray. */
  thingAt(origin: Vector3, direction: Vector3): EntityId | undefined {
    const found = this.things.hit(origin, direction);
    return found && this.farOf(origin, direction) > found.distance ? found.id : undefined;
  }

  /** What is shown now, as a PNG in a data URL. */
  picture(): string {
    if (this.presence) return this.#pictureInside();
    this.drawNow();
    // The drawing lasts until the next frame: it is read in the same breath.
    return this.canvas.toDataURL('image/png');
  }

  /** With a headset the canvas shows nothing of it: what the head looks at is drawn apart. */
  #pictureInside(): string {
    const { background } = this.scene;
    this.scene.background = new Color(GROUND);
    const png = pictureFrom(this.renderer, this.scene, this.renderer.xr.getCamera());
    this.scene.background = background;
    return png;
  }

  resize(): void {
    const { clientWidth: w, clientHeight: h } = this.canvas;
    if (this.renderer.xr.isPresenting || w === 0 || h === 0) return;
    this.renderer.setSize(w, h, false);
    this.rig.resize(w, h);
    this.invalidate();
  }

  /** From where one looks at the table. */
  get ownView(): View {
    return this.presence?.view() ?? this.rig.view;
  }

  /** From where one sees the room, and which way; who only looks on hears from there too. */
  get eye(): Pose {
    const { position, rotation } = this.#head;
    return { position_m: list(position), rotation: rotation.toArray() };
  }

  /** Looks from there, as somebody does who shows the way. In a headset nobody is moved but by being brought there once. */
  look(view: View, once: boolean): void {
    if (!this.presence) this.rig.view = view;
    else if (once) this.presence.stand(view);
    this.invalidate();
  }

  /** A headset session begins: its eyes and hands take the place of camera and mouse. */
  enter(presence: Presence): void {
    this.presence = presence;
    this.events.emit('entered', {});
  }

  /** The headset is put down. */
  leave(): void {
    this.presence = undefined;
    // The renderer learns of the session's end after us, and keeps its size until then.
    setTimeout(() => this.resize(), 0);
  }

  dispose(): void {
    this.renderer.setAnimationLoop(null);
    for (const end of this.#ends) end();
    this.#around?.dispose();
    this.#stand?.dispose();
    for (const part of [this.gestures, this.#avatars, this.things, this.lines, this.laser, this.#place, this.renderer]) part.dispose();
    this.events.clear();
  }

  #listen(): void {
    const stop = new AbortController();
    this.#followMotion(stop.signal);
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(this.canvas);
    this.#ends.push(() => stop.abort(), () => sizes.disconnect(), this.room.onChange(() => this.told()));
    for (const name of ['pointermove', 'pointerup', 'keydown', 'wheel'] as const) this.canvas.addEventListener(name, () => this.invalidate(), { signal: stop.signal, passive: true });
    // Keys lead nothing from elsewhere.
    this.canvas.addEventListener('blur', () => this.laser.putOut() && this.invalidate(), { signal: stop.signal });
    this.canvas.addEventListener('webglcontextlost', (event) => this.#context(event, true), { signal: stop.signal });
    this.canvas.addEventListener('webglcontextrestored', (event) => this.#context(event, false), { signal: stop.signal });
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

  /** After a loss three.js uploads its own things again; the rest comes back by `restore`. */
  #context(event: Event, lost: boolean): void {
    if (lost) event.preventDefault();
    else this.restore();
    this.#lost = lost;
    this.events.emit('context', { lost });
    this.invalidate();
  }

  #frame(now: number): void {
    if (this.#lost) return;
    const seconds = Math.min(0.1, (now - this.#last) / 1000);
    this.#last = now;
    const { presence } = this;
    const clock = performance.now();
    presence?.update(seconds);
    if (presence) this.events.emit('worn', {});
    if (this.prepare(clock)) this.#dirty = true;
    if (this.things.show(clock)) this.#dirty = true;
    if (this.lines.show()) this.#dirty = true;
    if (this.tool !== 'point' && this.#putLaserDown()) this.#dirty = true;
    let changed = this.#dirty || presence !== undefined;
    this.#dirty = false;
    if (!presence && this.rig.update(seconds)) changed = true;
    if (this.#avatars.update(clock, this.#head.position)) this.#moved = true;
    if (this.#moved && now - this.#drawnAt >= this.#redrawEvery) changed = true;
    this.#pose(clock);
    this.#place.backdropVisible = !presence?.passthrough && !this.#surround();
    this.#place.tableVisible = !presence?.onSurface;
    this.#stand?.face(this.#head.position);
    this.scene.updateMatrixWorld();
    if (this.settle(seconds, now)) changed = true;
    if (!changed) return;
    this.#drawnAt = now;
    this.#moved = false;
    this.drawNow();
  }

  /** Keeps a picture of all around about the eye; whether it is seen. */
  #surround(): boolean {
    const ball = this.#around;
    if (!ball) return false;
    // Who sees the real room around them goes on seeing it.
    ball.mesh.visible = this.presence?.passthrough === false;
    ball.about(this.#head.position);
    return ball.mesh.visible;
  }

  /** From where one sees the room. */
  get #head(): Rigid {
    return headOf(this.presence ? this.renderer.xr.getCamera() : this.rig.camera);
  }

  /** Draws at once, as for a picture. */
  drawNow(): void {
    const passthrough = this.presence?.passthrough ?? false;
    const eye = this.rig.camera.getWorldPosition(new Vector3());
    this.dress((p) => Math.max(0.1, eye.distanceTo(p as Vector3)));
    this.scene.background = passthrough ? null : new Color(GROUND);
    this.renderer.setClearColor(GROUND, passthrough ? 0 : 1);
    this.renderer.info.reset();
    this.renderer.render(this.scene, this.rig.camera);
  }

  get #beside(): Vector3 | undefined {
    const at = this.pointsBeside();
    return at && new Vector3(...at);
  }

  #pose(now: number): void {
    if (now - this.#posedAt < POSE_EVERY_MS) return;
    this.#posedAt = now;
    this.#stream(this.presence?.poses() ?? leaning(this.#seated(), this.leans()));
  }

  #seated(): Poses {
    const laser = this.laser.at ?? this.#pointed ?? this.#beside;
    return seatedPoses(ownPlace(this.room), this.rig.view, laser ?? this.#reach(), this.holding, laser !== undefined);
  }

  /** What one is at with a tool that points at nothing. */
  #reach(): Vector3 | undefined {
    const [held] = this.ownHands.flatMap((hand) => hand.held ?? []);
    return reachOf(this.gestures.pointer, held && new Vector3(...held.transform.position_m), ({ origin, direction }) => ({
      thing_m: this.things.hit(origin, direction)?.distance,
      middle: this.middleOf(origin, direction),
    }));
  }
}
