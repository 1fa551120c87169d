import { type Matrix4, Quaternion, Vector3 } from 'three';
import { Emitter } from '../core/emitter';
import { voxelFromLps, type Transform, type Vec3, type VoxelGrid } from '../core/frames';
import type { View } from '../stage/camera-rig';
import { pick, type Hit } from '../stage/picking';
import { HOLOGRAM_HEIGHT_M } from '../stage/room-scene';
import { LONGEST_LINE } from '../stage/pen-line';
import type { BoardPoint, EntityId, Hand as HandPose, Poses } from '../stage/room-view';
import { list } from '../stage/seats';
import type { Presence, Stage } from '../stage/stage';
import type { Rigid } from '../stage/turning';
import { Dwell } from './dwell';
import { unlessResting } from './fingers';
import { GazeRing } from './gaze-ring';
import { Grip } from './grip';
import { HandInput, handModels, type HandEvent } from './inputs';
import { requestXr, type XrMode } from './modes';
import { Panel, type PanelContent } from './panel';
import { RealRoom, type SurfaceState } from './real-room';
import { RecordedSign } from './recorded-sign';
import { SeatedHeight } from './seated-height';
import { stepped, whereLooked, type Step } from './steps';
import { Vignette } from './vignette';
import { Walk } from './walk';

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
}

/** Something that the eyes rest on. */
interface Looked {
  readonly point: Vector3;
  readonly button?: string;
  readonly repeats?: boolean;
  choose(): void;
}

/** Where one stands as one enters: before the table, facing the patient. */
const ENTRANCE_M = 1.15;
/** A hand this near to the hologram's middle takes it, in multiples of its radius. */
const REACH = 1.15;
/** Points of a board nearer to each other than this, as a share of it, say nothing new. */
const INK_STEP = 0.006;
/** Within this of where one looks on the floor one looks at the same place. */
const SPOT_M = 0.2;
/** Nobody is brought nearer than this: the table is there. */
const NEAREST_M = 0.9;

/** A person inside the stage with a headset: hands, rays, walking, and a panel to read. */
export class Headset implements Presence {
  readonly events = new Emitter<HeadsetEvents>();
  readonly panel = new Panel();
  readonly passthrough: boolean;
  readonly mode: XrMode;
  readonly #stage: Stage;
  readonly #session: XRSession;
  readonly #hands: HandInput[];
  readonly #grip: Grip;
  readonly #walk: Walk;
  readonly #vignette: Vignette;
  readonly #real: RealRoom;
  readonly #recorded: RecordedSign;
  #pointer: { hand: HandInput; hit: Hit } | undefined;
  /** The hand that draws with the pen. */
  #drawing: HandInput | undefined;
  /** What it has drawn on a board so far. */
  #ink: { readonly board: EntityId; readonly points: BoardPoint[] } | undefined;
  /** Whether looking chooses, for those who cannot press. */
  gaze = false;
  #seeks: Sought | undefined;
  /** The place on the floor that the eyes rest on. */
  #spot: Vector3 | undefined;
  readonly #height = new SeatedHeight();
  readonly #dwell = new Dwell();
  readonly #ring = new GazeRing();

  private constructor(stage: Stage, mode: XrMode, session: XRSession, content: PanelContent) {
    [this.#stage, this.mode, this.#session] = [stage, mode, session];
    this.passthrough = mode === 'ar';
    this.#grip = new Grip(stage.shared);
    this.#walk = new Walk(stage.rig.rig, (x, z) => this.passthrough || stage.free(x, z));
    this.#vignette = new Vignette(stage.rig.camera);
    this.#recorded = new RecordedSign(stage.rig.camera);
    this.#real = new RealRoom(stage.rig.rig, session, this.passthrough);
    this.#real.onEdge = () => this.#hands.forEach((hand) => hand.pulse(0.3, 60));
    this.#real.onSurface = (state) => this.events.emit('surface', state);
    // Who sees the real room around them needs no narrower view; who goes elsewhere in it leaves the place behind.
    this.#walk.onMoved = () => (this.passthrough ? this.#real.release() : this.#vignette.pulse());
    const models = handModels();
    this.#hands = [0, 1].map((i) => new HandInput(i, stage.renderer, stage.rig.rig, models, (hand, event) => this.#on(hand, event)));
    this.panel.content = content;
    this.panel.onPress = (id) => this.events.emit('press', { id });
    this.panel.mesh.position.set(-0.78, 1.38, -0.12);
    this.panel.mesh.rotation.y = 0.55;
    stage.scene.add(this.panel.mesh, this.#walk.mark, this.#ring.mesh);
    stage.rig.rig.position.set(0, 0, ENTRANCE_M);
    stage.rig.rig.rotation.set(0, 0, 0);
    session.addEventListener('end', () => this.#ended(), { once: true });
  }

  /** Enters; must be called from a click. `content` is what the panel says. */
  static async enter(stage: Stage, mode: XrMode, content: PanelContent): Promise<Headset> {
    const session = await requestXr(mode);
    const headset = new Headset(stage, mode, session, content);
    const { xr } = stage.renderer;
    xr.enabled = true;
    xr.setReferenceSpaceType('local-floor');
    await xr.setSession(session);
    stage.enter(headset);
    headset.events.emit('started', mode);
    return headset;
  }

  /** Something is to be felt, wherever the eyes are: a long tick in both hands. */
  tick(): void {
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
    const png = this.#stage.picture();
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
    this.#stage.shared.nudge((transform) => stepped(transform, step, this.#head().position));
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
    const raised = this.passthrough ? this.#stage.rig.rig.position.y : 0;
    const onFloor = ({ x, y, z }: Vector3): Vec3 => [x, y - raised, z];
    const of = (side: XRHandedness): HandPose | null => {
      const hand = this.#hands.find((h) => h.source?.handedness === side);
      const rigid = hand?.pose;
      if (!hand || !rigid) return null;
      const fingers = unlessResting(hand.fingers(this.#pointer?.hand === hand, this.#grip.holds(hand.name)));
      return { position_m: onFloor(rigid.position), rotation: rigid.rotation.toArray(), fingers };
    };
    const pointer = this.#pointer && { origin_m: onFloor(this.#pointer.hand.pointing.origin), hit_m: list(this.#pointer.hit.room), on: true };
    return { head: { position_m: onFloor(head.position), rotation: head.rotation.toArray() }, left: of('left'), right: of('right'), pointer: pointer ?? null };
  }

  update(seconds: number): void {
    this.#vignette.update(seconds);
    this.#real.update(this.#stage.renderer.xr, this.#hands.flatMap(({ tracked, source }) => (tracked && source ? [source] : [])), this.gaze);
    this.#lift();
    const head = this.#head().position;
    this.#grip.follow((name) => this.#hands.find((hand) => hand.name === name)?.pose);
    this.#pointer = undefined;
    this.#draw();
    let hovered: string | undefined;
    for (const hand of this.#hands) {
      if (!hand.tracked) continue;
      const { origin, direction } = hand.pointing;
      this.#walk.update(hand.name, hand.stick, origin, direction, head);
      const panel = this.panel.hit(origin, direction);
      hovered = panel?.button ?? hovered;
      const hit = panel ? undefined : pick(this.#stage.hologram, origin, direction, false);
      hand.reach = panel?.distance ?? (hit ? hit.room.distanceTo(origin) : 1.4);
      if (hit && this.#stage.tools.tool !== 'turn' && !this.#grip.holding) {
        this.#stage.tools.hover(hit);
        this.#pointer = { hand, hit };
      }
    }
    this.panel.hover(this.#gazed(seconds) ?? hovered);
  }

  /** Raises who sits, while they want it; what they see narrows as the floor moves. */
  #lift(): void {
    const { rig } = this.#stage.rig;
    const eyes_m = this.#head().position.y - rig.position.y;
    const lift_m = this.#height.lift(eyes_m);
    if (this.passthrough || lift_m === rig.position.y) return;
    rig.position.y = lift_m;
    rig.updateMatrixWorld(true);
    this.#vignette.pulse();
  }

  /** What the eyes rest on long enough is chosen; answers the button that is looked at. */
  #gazed(seconds: number): string | undefined {
    if (!this.gaze && !this.#seeks) {
      this.#ring.show(undefined, 0);
      return undefined;
    }
    const { position, rotation } = this.#head();
    const looked = this.#lookedAt(position, new Vector3(0, 0, -1).applyQuaternion(rotation));
    const { button } = looked ?? {};
    const chosen = looked ? this.#dwell.look(button ?? list(looked.point), seconds, button === undefined ? undefined : list(looked.point), looked.repeats) : this.#dwell.look(undefined, seconds);
    this.#ring.show(looked?.point, this.#dwell.share, position);
    if (chosen) looked?.choose();
    return button;
  }

  /** What the eyes rest on, and what comes of it if they do long enough. */
  #lookedAt(eye: Vector3, ahead: Vector3): Looked | undefined {
    const { hologram, shared, tools } = this.#stage;
    const panel = this.panel.hit(eye, ahead);
    if (panel) {
      const { button, point, repeats } = panel;
      return this.gaze && button ? { point, button, repeats, choose: () => this.panel.press(button) } : undefined;
    }
    if (this.#seeks === 'self') {
      const spot = this.#floorAt(eye, ahead);
      return spot && { point: spot, choose: () => this.#goTo(spot, eye) };
    }
    const there = this.#seeks ? shared.now(performance.now())?.transform : undefined;
    if (there) {
      const goal = whereLooked(there, eye, ahead);
      return { point: new Vector3(...goal.position_m), choose: () => this.#put(goal) };
    }
    const surface = this.#real.looked;
    if (surface) return { point: surface, choose: () => void this.#real.putWhereLooked(hologram.foot) };
    const hit = this.gaze && this.#gazeUses ? pick(hologram, eye, ahead, false) : undefined;
    return hit && { point: hit.room, choose: () => tools.use(hit.lps_mm, hologram.lpsDirection(ahead.clone().negate())) };
  }

  /** With the pen the eyes draw point by point, as the keys do, and only where no hand can. */
  get #gazeUses(): boolean {
    const { tool } = this.#stage.tools;
    return tool === 'pen' ? !this.#hands.some(({ tracked }) => tracked) : tool !== 'turn';
  }

  #put(goal: Transform): void {
    this.#stage.shared.nudge(() => goal);
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

  #head(): Rigid {
    return place(this.#stage.renderer.xr.getCamera().matrixWorld);
  }

  /** Trigger or pinch presses the panel, uses the tool, or takes the hologram; the grip button always takes it. */
  #on(hand: HandInput, event: HandEvent): void {
    if (event === 'release' || event === 'unsqueeze') {
      if (event === 'release' && this.#drawing === hand) this.#endLine();
      this.#grip.open(hand.name);
      return;
    }
    const { origin, direction } = hand.pointing;
    const button = this.panel.hit(origin, direction)?.button;
    if (event === 'select' && button) {
      hand.pulse(0.4, 30);
      this.panel.press(button);
      return;
    }
    if (event === 'select' && this.#real.putDown(hand.source, this.#stage.hologram.foot)) return hand.pulse(0.6, 50);
    if (event === 'select' && this.#stage.tools.tool === 'pen') {
      this.#drawing = hand;
      const board = this.#near(hand) ? undefined : this.#stage.boards.hit(origin, direction);
      this.#ink = board && { board: board.board, points: [board.at] };
      hand.pulse(0.3, 20);
      return;
    }
    if (event === 'select' && !this.#near(hand) && this.#stage.press(origin, direction)) return hand.pulse(0.3, 20);
    const hit = pick(this.#stage.hologram, origin, direction);
    if (event === 'select' && this.#stage.tools.tool !== 'turn' && !this.#near(hand)) {
      this.#stage.tools.use(hit?.lps_mm, this.#stage.hologram.lpsDirection(direction.clone().negate()));
      hand.pulse(0.3, 20);
      return;
    }
    const pose = hand.pose;
    if (!pose || !(this.#near(hand) || hit)) return;
    // A long weak tick says that somebody else has it.
    if (this.#grip.close(hand.name, pose)) hand.pulse(0.5, 40);
    else hand.pulse(0.15, 150);
  }

  /** The pen draws where the hand is, in the hologram itself; from farther away where its ray meets it. */
  #draw(): void {
    const hand = this.#drawing;
    if (!hand) return;
    if (!hand.tracked) return this.#endLine();
    const { hologram, tools } = this.#stage;
    if (this.#ink) return this.#drawOn(this.#ink, hand);
    const tip = this.#near(hand) ? hand.pose : undefined;
    if (tip) return tools.draw(inside(hologram.store.manifest, hologram.lpsFromRoom(tip.position)));
    const { origin, direction } = hand.pointing;
    tools.draw(pick(hologram, origin, direction, false)?.lps_mm);
  }

  #drawOn({ board, points }: { readonly board: EntityId; readonly points: BoardPoint[] }, hand: HandInput): void {
    const { origin, direction } = hand.pointing;
    const hit = this.#stage.boards.hit(origin, direction);
    const last = points.at(-1);
    if (!hit || hit.board !== board || !last || points.length >= LONGEST_LINE) return;
    if (Math.hypot(hit.at[0] - last[0], hit.at[1] - last[1]) > INK_STEP) points.push(hit.at);
  }

  #endLine(): void {
    if (this.#ink) this.#stage.ink(this.#ink.board, this.#ink.points);
    this.#ink = undefined;
    this.#drawing?.pulse(0.2, 15);
    this.#drawing = undefined;
    this.#stage.tools.endLine();
  }

  /** A teleport to where somebody stands who brings everybody there. */
  stand({ yaw, distance_m }: View): void {
    const { rig } = this.#stage.rig;
    const far = Math.max(NEAREST_M, distance_m);
    this.#real.release();
    rig.position.set(Math.sin(yaw) * far, this.passthrough ? 0 : rig.position.y, Math.cos(yaw) * far);
    rig.rotation.set(0, yaw, 0);
  }

  /** From where the head looks at the hologram, as a screen says it. */
  view(): View {
    const head = this.#head().position;
    const flat = Math.hypot(head.x, head.z);
    const up = head.y - HOLOGRAM_HEIGHT_M;
    return { yaw: Math.atan2(head.x, head.z), pitch: Math.atan2(up, flat), distance_m: Math.hypot(flat, up) };
  }

  /** Whether a hand is in or at the hologram. */
  #near(hand: HandInput): boolean {
    const { root, state, store } = this.#stage.hologram;
    const pose = hand.pose;
    if (!pose || !state) return false;
    const extent = Math.max(...store.manifest.size.map((n, i) => n * (store.manifest.spacing_mm[i] ?? 1)));
    return pose.position.distanceTo(root.position) < extent * 0.0005 * root.scale.x * REACH;
  }

  #ended(): void {
    this.#drawing = undefined;
    this.#stage.tools.cancel();
    this.#grip.openAll();
    for (const hand of this.#hands) hand.dispose();
    this.#walk.dispose();
    this.#vignette.dispose();
    this.#recorded.dispose();
    this.#real.dispose();
    this.panel.dispose();
    this.#ring.dispose();
    this.#stage.renderer.xr.enabled = false;
    this.#stage.rig.rig.position.set(0, 0, 0);
    this.#stage.rig.rig.rotation.set(0, 0, 0);
    this.#stage.leave();
    this.events.emit('ended', this.mode);
    this.events.clear();
  }
}

/** A point, where the scan holds it. */
function inside(grid: VoxelGrid, point_lps_mm: Vec3): Vec3 | undefined {
  const voxel = voxelFromLps(grid, point_lps_mm);
  return voxel.every((at, axis) => at >= -0.5 && at <= (grid.size[axis] ?? 0) - 0.5) ? point_lps_mm : undefined;
}

function place(matrix: Matrix4): Rigid {
  const [position, rotation] = [new Vector3(), new Quaternion()];
  matrix.decompose(position, rotation, new Vector3());
  return { position, rotation };
}
