import { Vector3 } from 'three';
import { Emitter } from '../core/emitter';
import type { Transform, Vec3 } from '../core/frames';
import type { View } from '../stage/camera-rig';
import { headOf } from '../stage/head';
import { pick } from '../stage/picking';
import { HOLOGRAM_HEIGHT_M } from '../stage/room-scene';
import type { EntityId, Hand as HandPose, Poses } from '../stage/room-view';
import { list } from '../stage/seats';
import type { Presence, Space, Twin } from '../stage/space';
import type { Rigid } from '../stage/turning';
import { BeforeEyes } from './before-eyes';
import { placeFor, turnToTable } from './brought';
import { Dwell } from './dwell';
import { EyeTools, type Looked } from './eye-tools';
import { unlessResting } from './fingers';
import { GazeRing } from './gaze-ring';
import { Grip } from './grip';
import { HandPen, isAtTwin } from './hand-pen';
import { HandInput, handModels, type HandEvent } from './inputs';
import { requestXr, type XrMode } from './modes';
import { Panel, type PanelContent } from './panel';
import { PanelPlace } from './panel-place';
import { RealRoom, type SurfaceState } from './real-room';
import { RecordedSign } from './recorded-sign';
import { SeatedHeight } from './seated-height';
import { isBeforeEyes } from './sight';
import { stepped, whereLooked, type Step } from './steps';
import { Vignette } from './vignette';
import { type Side, Walk } from './walk';

/** What goes where the eyes rest next: the hologram, for everybody, or oneself. */
export type Sought = 'hologram' | 'self';

export interface HeadsetEvents {
  started: XrMode;
  ended: XrMode;
  /** A button of the panel in the room was pressed. */
  press: { readonly id: string };
  /** A place of the real room is looked for, or was found, or is left again. */
  surface: SurfaceState;
  /** A place is looked for with the eyes, or no more. */
  seeking: Sought | undefined;
  /** The panel comes before the eyes, or goes from them. */
  reads: boolean;
}

/** Where one stands as one enters: before the table, facing the patient. */
const ENTRANCE_M = 1.15;
/** A hand this near to a board or page takes it. */
const AT_HAND_M = 0.2;
/** Within this of where one looks on the floor one looks at the same place. */
const SPOT_M = 0.2;

/** So often it is seen whether the panel is before the eyes. */
const READ_EVERY_s = 0.5;

/** A person inside a room with a headset: hands, rays, walking, and a panel to read. */
export class Headset implements Presence {
  readonly events = new Emitter<HeadsetEvents>();
  readonly panel = new Panel();
  readonly passthrough: boolean;
  readonly mode: XrMode;
  readonly #space: Space;
  readonly #session: XRSession;
  readonly #hands: HandInput[];
  /** Hands on the hologram, and on a board or page. */
  readonly #grip: Grip;
  readonly #carry: Grip;
  readonly #pen: HandPen;
  /** Where one may stand: not in walls, nor in what stands there; the real room has its own. */
  readonly #free: (x: number, z: number) => boolean;
  readonly #walk: Walk;
  readonly #panelPlace: PanelPlace;
  readonly #before: BeforeEyes;
  readonly #vignette: Vignette;
  readonly #real: RealRoom;
  readonly #recorded: RecordedSign;
  /** Where the laser begins and ends, and the hand that leads it, unless the eyes do. */
  #pointer: { readonly hand?: HandInput; readonly origin: Vector3; readonly at: Vector3 } | undefined;
  /** Whether looking chooses, for those who cannot press. */
  gaze = false;
  #seeks: Sought | undefined;
  #reads = false;
  #sinceRead_s = 0;
  /** Whether something is yet to be felt: hands come a moment after one has entered. */
  #owesTick = false;
  /** The place on the floor that the eyes rest on. */
  #spot: Vector3 | undefined;
  readonly #height = new SeatedHeight();
  /** How long the eyes rest on what is chosen by it. */
  readonly dwell = new Dwell();
  readonly #ring = new GazeRing();
  readonly #eyes: EyeTools;

  private constructor(space: Space, mode: XrMode, session: XRSession, content: PanelContent) {
    [this.#space, this.mode, this.#session] = [space, mode, session];
    this.passthrough = mode === 'ar';
    this.#grip = new Grip(space.shared);
    this.#carry = new Grip(space.things);
    this.#eyes = new EyeTools(space);
    this.#pen = new HandPen(space);
    this.#free = (x, z) => this.passthrough || space.free(x, z);
    this.#walk = new Walk(space.rig.rig, this.#free);
    this.#panelPlace = new PanelPlace(this.panel.mesh, this.#free);
    this.#before = new BeforeEyes(space.rig.camera);
    this.#vignette = new Vignette(this.#before.group);
    this.#recorded = new RecordedSign(this.#before.group);
    this.#real = new RealRoom(space.rig.rig, session, this.passthrough, () => this.#twin !== undefined);
    this.#real.onEdge = () => this.#hands.forEach((hand) => hand.pulse(0.3, 60));
    this.#real.onSurface = (state) => this.events.emit('surface', state);
    this.#walk.onMoved = () => this.#moved();
    const models = handModels();
    this.#hands = [0, 1].map((i) => new HandInput(i, space.renderer, space.rig.rig, models, (hand, event) => this.#on(hand, event)));
    this.panel.content = content;
    this.panel.onPress = (id) => this.events.emit('press', { id });
    space.scene.add(this.panel.mesh, this.#walk.mark, this.#ring.mesh);
    space.rig.rig.position.set(0, 0, ENTRANCE_M);
    space.rig.rig.rotation.set(0, 0, 0);
    // A session that is hidden draws no frame in which to see that.
    session.addEventListener('visibilitychange', () => this.#read());
    session.addEventListener('end', () => this.#ended(), { once: true });
  }

  /** Enters; must be called from a click. `content` is what the panel says. */
  static async enter(space: Space, mode: XrMode, content: PanelContent): Promise<Headset> {
    const session = await requestXr(mode);
    const headset = new Headset(space, mode, session, content);
    const { xr } = space.renderer;
    xr.enabled = true;
    xr.setReferenceSpaceType('local-floor');
    await xr.setSession(session);
    space.enter(headset);
    headset.events.emit('started', mode);
    return headset;
  }

  /** The hologram that is seen; it may come, or go, while somebody is inside. */
  get #twin(): Twin | undefined {
    return this.#space.twin;
  }

  /** Something is to be felt, wherever the eyes are: a long tick in both hands. */
  tick(): void {
    this.#owesTick = !this.#hands.some(({ source }) => source);
    for (const hand of this.#hands) hand.pulse(0.6, 120);
  }

  /** Leaves; also happens when the headset's own button is pressed. */
  async exit(): Promise<void> {
    await this.#session.end();
  }

  /** What is said before the eyes, wherever they look, while the room is recorded; undefined takes it away. */
  set recorded(words: string | undefined) {
    this.#recorded.show(words);
  }

  /** What the head looks at, without the panel, as a PNG in a data URL. */
  picture(): string {
    const own = [this.panel.mesh, this.#recorded.mesh, this.#ring.mesh, this.#vignette.mesh, this.#walk.mark];
    const were = own.map(({ visible }) => visible);
    for (const one of own) one.visible = false;
    const png = this.#space.picture();
    own.forEach((one, at) => (one.visible = were[at] ?? true));
    return png;
  }

  /** Whether somebody who sits sees a made room from the height of who stands; the real one is as high as it is. */
  set standing(standing: boolean) {
    this.#height.standing = standing && !this.passthrough;
  }

  /** Whether the hologram stands on something of the real room. */
  get onSurface(): boolean {
    return this.#real.bears;
  }

  get surface(): SurfaceState {
    return this.#real.surface;
  }

  /** Looks for another place of the real room, or no more. */
  chooseSurface(choosing: boolean): void {
    this.#real.choose(choosing);
  }

  /** Moves the hologram by one step, for everybody. */
  step(step: Step): void {
    this.#twin?.shared.nudge((transform) => stepped(transform, step, this.#head().position));
  }

  get seeks(): Sought | undefined {
    return this.#seeks;
  }

  /** Looks for a place with the eyes, or no more. */
  seek(seeks: Sought | undefined): void {
    if (seeks === this.#seeks) return;
    this.#seeks = seeks;
    this.events.emit('seeking', seeks);
  }

  poses(): Poses {
    const head = this.#head();
    // A hologram on a low table raises one's own room against the shared one; others see one on their floor.
    const raised = this.passthrough ? this.#space.rig.rig.position.y : 0;
    const onFloor = ({ x, y, z }: Vector3): Vec3 => [x, y - raised, z];
    const of = (side: XRHandedness): HandPose | null => {
      const hand = this.#hands.find((h) => h.source?.handedness === side);
      const rigid = hand?.pose;
      if (!hand || !rigid) return null;
      const fingers = unlessResting(hand.fingers(this.#pointer?.hand === hand, this.#holds(hand)));
      return { position_m: onFloor(rigid.position), rotation: rigid.rotation.toArray(), fingers };
    };
    const pointer = this.#pointer && { origin_m: onFloor(this.#pointer.origin), hit_m: list(this.#pointer.at), on: true };
    return { head: { position_m: onFloor(head.position), rotation: head.rotation.toArray() }, left: of('left'), right: of('right'), pointer: pointer ?? null };
  }

  update(seconds: number): void {
    this.#before.follow(this.#space.renderer.xr.getCamera());
    this.#vignette.update(seconds);
    if (this.#owesTick) this.tick();
    this.#real.update(this.#space.renderer.xr, this.#hands.flatMap(({ tracked, source }) => (tracked && source ? [source] : [])), this.gaze);
    this.#lift();
    for (const hand of this.#hands) hand.update();
    const seen = this.#head();
    const head = seen.position;
    this.#panelPlace.update(seen);
    const poseOf = (name: string): Rigid | undefined => this.#hands.find((hand) => hand.name === name)?.pose;
    for (const grip of [this.#grip, this.#carry]) grip.follow(poseOf);
    this.#pointer = undefined;
    this.#pen.draw();
    let hovered: string | undefined;
    for (const hand of this.#hands) {
      if (!hand.tracked) {
        this.#walk.forget(hand.name);
        continue;
      }
      const { origin, direction } = hand.pointing;
      this.#walk.update(hand.name, hand.stick, origin, direction, head);
      const panel = this.panel.hit(origin, direction);
      hovered = panel?.button ?? hovered;
      const hit = panel ? undefined : this.#twin && pick(this.#twin.hologram, origin, direction, false);
      const end = panel ? undefined : this.#space.aim(origin, direction, hit?.room);
      hand.reach = panel?.distance ?? end?.distanceTo(origin) ?? 1.4;
      const { tool } = this.#space;
      if (tool === 'turn' || this.#grip.holding || this.#carry.holding) continue;
      if (hit) this.#twin?.tools.hover(hit);
      const at = tool === 'point' ? end : hit?.room;
      if (at) this.#pointer = { hand, origin, at };
    }
    this.#pointByEyes();
    this.panel.hover(this.#gazed(seconds) ?? hovered);
    this.#sinceRead_s += seconds;
    if (this.#sinceRead_s >= READ_EVERY_s) this.#read();
  }

  get #hasHand(): boolean {
    return this.#hands.some(({ tracked }) => tracked);
  }

  /** Where no hand is tracked the eyes of who chooses by looking lead the laser. */
  #pointByEyes(): void {
    if (!this.gaze || this.#hasHand) return;
    const { position: origin, ahead } = this.#sight();
    const at = this.panel.hit(origin, ahead) ? undefined : this.#eyes.pointed(origin, ahead);
    this.#pointer = at && { origin, at };
  }

  /** What the panel says is read by whoever has it before them, and nothing of the session over it. */
  #read(): void {
    this.#sinceRead_s = 0;
    const { position, ahead } = this.#sight();
    const reads = this.#session.visibilityState === 'visible' && isBeforeEyes(position, ahead, this.panel.mesh);
    if (reads === this.#reads) return;
    this.#reads = reads;
    this.events.emit('reads', reads);
  }

  /** Raises who sits, while they want it; what they see narrows as the floor moves. */
  #lift(): void {
    const { rig } = this.#space.rig;
    const eyes_m = this.#head().position.y - rig.position.y;
    const lift_m = this.#height.lift(eyes_m);
    if (this.passthrough || lift_m === rig.position.y) return;
    rig.position.y = lift_m;
    rig.updateMatrixWorld(true);
    this.#vignette.pulse();
  }

  /** What the eyes rest on long enough is chosen; answers the button that is looked at. */
  #gazed(seconds: number): string | undefined {
    // What was drawn by looking is a line where a hand, or another tool, comes instead.
    if (!this.gaze || this.#hasHand || this.#space.tool !== 'pen') this.#eyes.end();
    if (!this.gaze && !this.#seeks) {
      this.#ring.show(undefined, 0);
      return undefined;
    }
    const { position, ahead } = this.#sight();
    const looked = this.#lookedAt(position, ahead);
    const { button } = looked ?? {};
    const name = button ?? looked?.name;
    const chosen = looked ? this.dwell.look(name ?? list(looked.point), seconds, name === undefined ? undefined : list(looked.point), looked.repeats) : this.dwell.look(undefined, seconds);
    this.#ring.show(looked?.point, this.dwell.share, position);
    if (chosen) looked?.choose();
    return button;
  }

  /** What the eyes rest on, and what comes of it if they do long enough. */
  #lookedAt(eye: Vector3, ahead: Vector3): Looked | undefined {
    const twin = this.#twin;
    const panel = this.panel.hit(eye, ahead);
    if (panel) {
      const { button, point, repeats } = panel;
      return this.gaze && button ? { point, button, repeats, choose: () => this.panel.press(button) } : undefined;
    }
    if (this.#seeks === 'self') {
      const spot = this.#floorAt(eye, ahead);
      return spot && { point: spot, choose: () => this.#goTo(spot, eye) };
    }
    const there = this.#seeks ? twin?.shared.now(performance.now())?.transform : undefined;
    if (there) {
      const goal = whereLooked(there, eye, ahead);
      return { point: new Vector3(...goal.position_m), choose: () => this.#put(goal) };
    }
    const surface = this.#real.looked;
    if (surface && twin) return { point: surface, choose: () => void this.#real.putWhereLooked(twin.hologram.foot) };
    return this.gaze ? this.#eyes.looked(eye, ahead, this.#hasHand) : undefined;
  }

  #put(goal: Transform): void {
    this.#twin?.shared.nudge(() => goal);
    this.seek(undefined);
  }

  /** Eyes wander farther on the floor than on what is near: what is beside a place is the same place. */
  #floorAt(eye: Vector3, ahead: Vector3): Vector3 | undefined {
    const spot = this.#walk.spot(eye, ahead);
    if (!spot || !this.#spot || this.#spot.distanceTo(spot) > SPOT_M) this.#spot = spot;
    return this.#spot;
  }

  #goTo(spot: Vector3, eye: Vector3): void {
    this.#walk.go(spot, eye);
    this.seek(undefined);
  }

  /** Where the eyes are, and which way they look. */
  #sight(): { readonly position: Vector3; readonly ahead: Vector3 } {
    const { position, rotation } = this.#head();
    return { position, ahead: new Vector3(0, 0, -1).applyQuaternion(rotation) };
  }

  #head(): Rigid {
    return headOf(this.#space.renderer.xr.getCamera());
  }

  #holds({ name }: HandInput): boolean {
    return this.#carry.holds(name) || this.#grip.holds(name);
  }

  /** Trigger or pinch presses the panel, uses the tool, or takes what it is at; the grip button always takes it. */
  #on(hand: HandInput, event: HandEvent): void {
    if (event === 'release' || event === 'unsqueeze') {
      if (event === 'release') this.#pen.open(hand);
      // What a fist or the grip button holds is not let go by thumb and index finger.
      if (event === 'unsqueeze' || !hand.squeezes) for (const grip of [this.#grip, this.#carry]) grip.open(hand.name);
      return;
    }
    const { origin, direction } = hand.pointing;
    const button = this.panel.hit(origin, direction)?.button;
    if (event === 'select' && button) {
      hand.pulse(0.4, 30);
      this.panel.press(button);
      return;
    }
    if (event === 'select' && this.#twin && this.#real.putDown(hand.source, this.#twin.hologram.foot)) return hand.pulse(0.6, 50);
    const { tool } = this.#space;
    if (event === 'select' && tool === 'pen') return this.#pen.begin(hand);
    const isNear = isAtTwin(hand, this.#twin);
    const thing = isNear ? undefined : this.#thingOf(hand);
    if (event === 'select' && !isNear && !thing?.isAtHand && this.#space.press(origin, direction)) return hand.pulse(0.3, 20);
    if (thing && (event === 'squeeze' || tool === 'turn')) {
      this.#space.things.wanted = thing.id;
      return this.#close(this.#carry, hand);
    }
    const twin = this.#twin;
    if (!twin) return;
    const hit = pick(twin.hologram, origin, direction);
    if (event === 'select' && tool !== 'turn' && !isNear) {
      twin.tools.use(hit?.lps_mm, twin.hologram.lpsDirection(direction.clone().negate()));
      hand.pulse(0.3, 20);
    } else if (isNear || hit) this.#close(this.#grip, hand);
  }

  /** A long weak tick says that it cannot be had, as what somebody else has or has locked. */
  #close(grip: Grip, hand: HandInput): void {
    const { pose } = hand;
    if (!pose) return;
    if (grip.close(hand.name, pose)) hand.pulse(0.5, 40);
    else hand.pulse(0.15, 150);
  }

  /** The board or page that a hand is at, else that its ray meets first; nothing for who may move none. */
  #thingOf(hand: HandInput): { readonly id: EntityId; readonly isAtHand: boolean } | undefined {
    const { things } = this.#space;
    if (!things.movable) return undefined;
    const { origin, direction } = hand.pointing;
    const atHand = hand.pose && things.near(hand.pose.position, AT_HAND_M);
    const id = atHand ?? this.#space.thingAt(origin, direction);
    return id === undefined ? undefined : { id, isAtHand: atHand !== undefined };
  }

  /** Turns by one step, as the thumbstick does; the panel on which that is pressed stays before the eyes. */
  turn(side: Side): void {
    const head = this.#head().position;
    this.#panelPlace.turn(head, this.#walk.turn(side, head));
  }

  /** A teleport to where whoever brings everybody there sees from: with the head to a free place, facing the table. */
  stand(view: View): void {
    const { position, rotation } = this.#head();
    const to = placeFor(view, this.#free);
    if (!to) return;
    // What held the hologram on something real is left behind, and its height with it.
    if (this.passthrough) this.#space.rig.rig.position.y = 0;
    this.#walk.go(to, position, turnToTable(to, rotation));
  }

  /** Who sees the real room around them needs no narrower view; who goes elsewhere in it leaves the place behind. */
  #moved(): void {
    if (this.passthrough) this.#real.release();
    else this.#vignette.pulse();
    this.#panelPlace.moved();
  }

  /** From where the head looks at the hologram, as a screen says it. */
  view(): View {
    const head = this.#head().position;
    const flat = Math.hypot(head.x, head.z);
    const up = head.y - HOLOGRAM_HEIGHT_M;
    return { yaw: Math.atan2(head.x, head.z), pitch: Math.atan2(up, flat), distance_m: Math.hypot(flat, up) };
  }

  #ended(): void {
    this.#pen.cancel();
    for (const grip of [this.#grip, this.#carry]) grip.openAll();
    for (const hand of this.#hands) hand.dispose();
    this.#walk.dispose();
    this.#vignette.dispose();
    this.#recorded.dispose();
    this.#before.dispose();
    this.#real.dispose();
    this.panel.dispose();
    this.#ring.dispose();
    this.#space.renderer.xr.enabled = false;
    this.#space.rig.rig.position.set(0, 0, 0);
    this.#space.rig.rig.rotation.set(0, 0, 0);
    this.#space.leave();
    this.events.emit('ended', this.mode);
    this.events.clear();
  }
}
