import { Vector3 } from 'three';
import type { Transform, Vec3 } from '../core/frames';
import type { Language } from '../core/language';
import { isReduced } from '../core/volume/reduced';
import type { VolumeStore } from '../core/volume/store';
import type { View } from './camera-rig';
import { VOLUME_LAYER } from './compositor';
import { HologramView } from './hologram';
import { Keys } from './keys';
import { LesionMarks } from './lesions';
import { Marks } from './marks';
import { meets, pick, type Hit } from './picking';
import type { PlaceId } from './places/design';
import { Proposals, type Proposal } from './proposals';
import { FRAMES_A_SECOND } from './ray-steps';
import { graphics, type Graphics } from './renderer';
import type { OwnHand } from './own-hand';
import { colourOf, type Hologram, type RoomView } from './room-view';
import { SharedHologram } from './shared';
import { type Presence, Space, type Twin } from './space';
import { type Tool, Tools } from './tools';
import { scaled, turned } from './turning';

/** From where all who sit around the table are seen. */
const ROUND: View = { yaw: 0, pitch: 0.16, distance_m: 2.9 };

export interface StageOptions {
  readonly room: RoomView;
  /** The scan that is drawn; left out while people meet without images, or until they come. */
  readonly store?: VolumeStore | undefined;
  readonly language?: Language;
  /** Which room of the hospital is around the hologram; left out, the consulting room. */
  readonly place?: PlaceId;
  /** Whether people are drawn as whole figures; left out, where a graphics card draws. */
  readonly figures?: boolean;
}

/** A room of the hospital, and the hologram that stands in it, if one does. Entities in, acts and poses out; no page framework inside. */
export class Stage extends Space implements Twin {
  readonly hologram: HologramView;
  readonly shared: SharedHologram;
  readonly tools: Tools;
  readonly marks: Marks;
  readonly proposals: Proposals;
  /** Called when the shared hologram changed: slices and panels follow `shared.now()`. */
  onHologram: () => void = () => undefined;
  readonly #lesions: LesionMarks;
  readonly #keys: Keys;
  /** From where one works with a hologram, and from where one looked first where none stood. */
  readonly #near: View;
  readonly #round: View | undefined;
  /** Ends following the scan that is shown. */
  #endScan: () => void = () => undefined;
  /** Whether the hologram that stands in the room is that of the scan that is drawn, and whether it can be drawn. */
  #shown = false;
  #ready = false;

  constructor(canvas: HTMLCanvasElement, options: StageOptions, device: Graphics) {
    super(canvas, { room: options.room, place: options.place ?? 'consulting', figures: options.figures }, device);
    this.hologram = new HologramView(options.store, device);
    this.shared = new SharedHologram(options.room);
    this.shared.onEcho = () => this.told();
    this.listenTo(this.shared.hand);
    this.marks = new Marks(this.hologram);
    this.proposals = new Proposals(this.hologram);
    this.tools = new Tools(options.room, this.shared, this.hologram, this.marks);
    this.#lesions = new LesionMarks(this.hologram);
    this.#keys = new Keys(canvas, this.rig, this.hologram, this.shared, this.tools, this.marks, this.air, this.laser);
    this.#keys.onHome = () => this.home();
    this.language = options.language ?? 'zh';
    this.scene.add(this.hologram.root, this.marks.group, this.#lesions.group);
    this.#followScan();
    this.#near = this.rig.copy();
    if (this.shared.entity) return;
    this.rig.view = ROUND;
    this.#round = this.rig.view;
  }

  get twin(): Twin | undefined {
    return this.hologram.state && this;
  }

  get tool(): Tool {
    return this.tools.tool;
  }

  override get holding(): boolean {
    return this.shared.holding || super.holding;
  }

  set language(language: Language) {
    this.#lesions.language = language;
    this.invalidate();
  }

  protected override farOf(origin: Vector3, direction: Vector3): number {
    return pick(this.hologram, origin, direction)?.room.distanceTo(origin) ?? Infinity;
  }

  protected override middleOf(origin: Vector3, direction: Vector3): Vector3 | undefined {
    return meets(this.hologram, origin, direction) ? this.hologram.root.position : undefined;
  }

  /** The laser ends at the hologram; where none is seen, at the table or the room itself. */
  protected override beyond(origin: Vector3, direction: Vector3): Vector3 | undefined {
    return this.twin ? undefined : this.inPlace(origin, direction);
  }

  /** Own view back to where it was first. */
  home(): void {
    this.rig.view = this.twin ? this.#near : ROUND;
  }

  /** Images stand in the room, or others than before: their scan is drawn from now on. Whoever is inside with a headset stays there. */
  show(store: VolumeStore): void {
    this.marks.cursor(undefined);
    this.proposals.show([]);
    this.hologram.show(store);
    this.#lesions.follow();
    this.#followScan();
    this.told();
  }

  /** What is seen of the hologram at a point of the page. */
  pickAt(clientX: number, clientY: number): Hit | undefined {
    const { origin, direction } = this.gestures.ray(clientX, clientY);
    return pick(this.hologram, origin, direction);
  }

  /** True where this device can only show the hologram coarser than the scan is. */
  get reduced(): boolean {
    return this.hologram.scan !== undefined && isReduced(this.hologram.picture.reduction);
  }

  /** True while the picture still sharpens. */
  get refining(): boolean {
    return this.hologram.scan !== undefined && (!this.hologram.picture.ready || this.hologram.compositor.refining);
  }

  /** Changes the shared hologram: window, mode, layers, clip, cursor. Shown at once, then the server's word counts. */
  set(patch: Partial<Omit<Hologram, 'type' | 'series' | 'transform'>>): void {
    this.shared.set(patch);
    if (patch.cursor_lps_mm) this.hologram.scan?.setFocus(patch.cursor_lps_mm);
  }

  /** Buttons beside the stage: turn by degrees, scale by a factor. */
  turn(yaw_deg: number): void {
    this.shared.nudge((t) => turned(t, new Vector3(0, 1, 0), (yaw_deg * Math.PI) / 180));
  }

  scale(factor: number): void {
    this.shared.nudge((t) => scaled(t, factor));
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
    const lesion = this.hologram.scan?.manifest.lesions.find((l) => l.id === id);
    if (lesion) this.lookAt(lesion.centre_lps_mm);
    return lesion !== undefined;
  }

  override enter(presence: Presence): void {
    this.rig.camera.layers.enable(VOLUME_LAYER);
    super.enter(presence);
  }

  override leave(): void {
    super.leave();
    this.rig.camera.layers.disable(VOLUME_LAYER);
    this.hologram.castApart();
  }

  override drawNow(): void {
    if (this.hologram.scan) this.hologram.overlayShown = this.#ready && !this.presence;
    super.drawNow();
  }

  override dispose(): void {
    super.dispose();
    this.#endScan();
    for (const part of [this.#keys, this.shared, this.#lesions, this.marks, this.proposals, this.hologram]) part.dispose();
    this.tools.events.clear();
  }

  #followScan(): void {
    this.#endScan();
    const { scan } = this.hologram;
    if (!scan) return;
    this.hologram.surfaces.onChange = () => this.#changed();
    this.#endScan = scan.events.on('base', () => this.invalidate());
  }

  /** Voxels come back from the CPU's copy. */
  protected override restore(): void {
    this.hologram.restore();
  }

  protected override told(): void {
    super.told();
    this.onHologram();
  }

  /** Solid surfaces came or went: rays end elsewhere. */
  #changed(): void {
    this.hologram.compositor.reset();
    this.invalidate();
  }

  protected override prepare(nowMs: number): boolean {
    const { hologram } = this;
    const there = this.shared.now(nowMs);
    // Other images may stand there already while their scan is on its way: those of before are no images of it.
    const shown = hologram.scan && there?.state.series === hologram.scan.manifest.series ? there : undefined;
    const was = hologram.state;
    this.#shown = this.marks.group.visible = shown !== undefined;
    if (!shown && was) {
      this.tools.cancel();
      this.shared.release(nowMs);
    }
    if (!shown) hologram.hide();
    else {
      hologram.set(shown.state, shown.transform);
      this.marks.show(this.room.entities(), shown.id, (id) => this.proposals.wordsOf(id), (by) => colourOf(this.room, by));
    }
    // Who still looks from where all are seen comes near to images that come.
    if (shown && !was && this.rig.view === this.#round) this.home();
    return (hologram.scan !== undefined && hologram.picture.upload(this.renderer)) || this.shared.holding;
  }

  protected override settle(seconds: number, frameMs: number): boolean {
    const { hologram, presence } = this;
    if (!hologram.scan) return false;
    this.#ready = hologram.picture.ready && hologram.volumeVisible && this.#shown;
    if (presence) hologram.castInScene(this.#ready, seconds, this.renderer.xr.getSession()?.frameRate ?? FRAMES_A_SECOND);
    else if (this.#ready && hologram.compositor.update(this.renderer, this.rig.camera, hologram.surfaces.solid ? this.scene : null, frameMs)) return true;
    return !presence && this.#ready !== hologram.overlayShown;
  }

  protected override dress(distanceTo: (p: { x: number; y: number; z: number }) => number): void {
    this.marks.update(distanceTo);
    this.#lesions.update(distanceTo);
  }

  protected override get ownHands(): readonly OwnHand[] {
    return [this.shared.hand, ...super.ownHands];
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
