import { Group, Quaternion, Vector3, type Vector4 } from 'three';
import { centreLps, localFromLps, lpsFromLocal, subtract, add, type Transform, type Vec3 } from '../core/frames';
import { AGAIN_ms } from '../core/volume/inside';
import type { VolumeStore } from '../core/volume/store';
import { Compositor, VOLUME_LAYER } from './compositor';
import { Cuts } from './cuts';
import type { Graphics } from './renderer';
import type { Hologram } from './room-view';
import { HOLOGRAM_HEIGHT_M } from './room-scene';
import { Surfaces } from './surfaces';
import { VolumePicture } from './volume-picture';

/** All that is made of one scan to draw it. */
interface Drawn {
  readonly store: VolumeStore;
  readonly centre: Vec3;
  readonly cuts: Cuts;
  readonly picture: VolumePicture;
  readonly compositor: Compositor;
  readonly surfaces: Surfaces;
}

/** The image of a scan in the room: volume, surfaces, cut; placed by its centre. A scan may come later than the room. */
export class HologramView {
  readonly root = new Group();
  /** What people have made of it, as last shown; undefined while what stands in the room is no image of this scan. */
  state: Hologram | undefined;
  /** Whether people want to see the volume. */
  volumeVisible = false;
  readonly #device: Graphics;
  #drawn: Drawn | undefined;
  /** The inside of the surface that alone is drawn, once it has come. */
  inside: Uint8Array | undefined;
  #within: string | undefined;
  /** When its inside is asked for again, where it did not come. */
  #again_ms = Infinity;
  #window = '';

  constructor(store: VolumeStore | undefined, device: Graphics) {
    this.#device = device;
    this.#drawn = store && this.#open(store);
  }

  /** The scan that is drawn, once there is one. */
  get scan(): VolumeStore | undefined {
    return this.#drawn?.store;
  }

  get store(): VolumeStore {
    return this.#there.store;
  }

  get picture(): VolumePicture {
    return this.#there.picture;
  }

  get compositor(): Compositor {
    return this.#there.compositor;
  }

  get surfaces(): Surfaces {
    return this.#there.surfaces;
  }

  /** What is drawn; nobody asks for it before a scan has come. */
  get #there(): Drawn {
    if (!this.#drawn) throw new Error('no scan has come');
    return this.#drawn;
  }

  /** Another scan takes the place of this one. */
  show(store: VolumeStore): void {
    this.#close();
    this.#drawn = this.#open(store);
    [this.state, this.inside, this.#within, this.#window, this.volumeVisible] = [undefined, undefined, undefined, '', false];
  }

  #open(store: VolumeStore): Drawn {
    const centre = centreLps(store.manifest);
    const cuts = new Cuts(centre);
    const picture = new VolumePicture(store, this.#device.longest3d);
    picture.mesh.layers.set(VOLUME_LAYER);
    const compositor = new Compositor(picture);
    const surfaces = new Surfaces(store, cuts.planes, this.#device.software);
    this.root.add(surfaces.group, picture.mesh, compositor.overlay);
    return { store, centre, cuts, picture, compositor, surfaces };
  }

  #close(): void {
    if (!this.#drawn) return;
    const { surfaces, compositor, picture } = this.#drawn;
    for (const part of [surfaces.group, compositor.overlay, picture.mesh]) part.removeFromParent();
    for (const part of [surfaces, compositor, picture]) part.dispose();
  }

  /** What stands in the room is no image of this scan: nothing is drawn, and nothing can be pointed at. */
  hide(): void {
    this.root.visible = false;
    this.state = undefined;
  }

  /** Shows the entity; `transform` may be ahead of it while somebody moves the hologram. */
  set(state: Hologram, transform: Transform = state.transform): void {
    this.root.visible = true;
    this.root.position.set(...transform.position_m);
    this.root.quaternion.set(...transform.rotation).normalize();
    this.root.scale.setScalar(transform.scale);
    this.root.updateMatrixWorld(true);
    const window = `${state.window.centre_hu}/${state.window.width_hu}`;
    if (window !== this.#window) this.picture.setWindow(state.window);
    this.#window = window;
    this.#look(state.within ?? undefined);
    if (!this.state || partsOf(this.state) !== partsOf(state) || this.state.layers !== state.layers) {
      this.surfaces.set(state);
      const volume = state.layers['volume'] ?? { visible: true, opacity: 1 };
      // Taken apart or alone, a structure is seen as its surface.
      const whole = (state.apart ?? 0) === 0 && !state.only;
      this.volumeVisible = state.mode !== 'surfaces' && volume.visible && whole;
      this.picture.setNumber('uDensity', volume.opacity);
      this.picture.setNumber('uSkin', state.layers['skin']?.visible && !state.within ? 1 : 0);
    }
    this.#there.cuts.set(state, this.root.matrixWorld, this.picture.mesh.matrix, this.picture.uniform<Vector4>('uClip'), this.picture.uniform<Vector4[]>('uCrop'));
    this.state = state;
  }

  /** Below its middle, as low as it reaches where it stands upright. */
  get foot(): Vector3 {
    const { size, spacing_mm } = this.store.manifest;
    const half_m = size[2] * spacing_mm[2] * 0.0005 * this.root.scale.y;
    return this.root.position.clone().setY(this.root.position.y - half_m);
  }

  /** A point of the patient in the room. */
  roomFromLps(point_lps_mm: Vec3): Vector3 {
    return this.root.localToWorld(new Vector3(...localFromLps(subtract(point_lps_mm, this.#there.centre))));
  }

  /** A point of the room in the patient. */
  lpsFromRoom(point: Vector3): Vec3 {
    const local = this.root.worldToLocal(point.clone());
    return add(lpsFromLocal([local.x, local.y, local.z]), this.#there.centre);
  }

  /** A direction of the room in the patient, length kept as millimetres a metre. */
  lpsDirection(direction: Vector3): Vec3 {
    const local = direction.clone().applyQuaternion(this.root.quaternion.clone().invert()).divideScalar(this.root.scale.x);
    return lpsFromLocal([local.x, local.y, local.z]);
  }

  /** Whether the composited picture is drawn. */
  get overlayShown(): boolean {
    return this.compositor.overlay.visible;
  }

  set overlayShown(shown: boolean) {
    this.compositor.overlay.visible = shown;
  }

  /** In a headset rays are cast straight into each eye's picture. */
  castInScene(visible: boolean, seconds: number, framesASecond: number): void {
    this.picture.castInScene(visible, seconds, framesASecond);
  }

  /** Back to pictures of their own, as a headset session ends. */
  castApart(): void {
    this.#drawn?.picture.castApart();
    this.#drawn?.compositor.reset();
  }

  /** After a lost context. */
  restore(): void {
    this.#drawn?.picture.restore();
    this.#drawn?.compositor.reset();
  }

  dispose(): void {
    this.#close();
    this.root.removeFromParent();
  }

  /** Asks for the inside of the surface that alone is to be drawn, and draws no more than that when it has come. */
  #look(within: string | undefined): void {
    if (within === this.#within && performance.now() < this.#again_ms) return;
    [this.#within, this.#again_ms] = [within, Infinity];
    const { store } = this;
    const shown = (inside: Uint8Array | undefined): void => {
      if (within !== this.#within || store !== this.store) return;
      this.inside = inside;
      this.picture.setInside(inside);
      this.surfaces.setInside(within, inside);
      this.surfaces.onChange();
    };
    if (within === undefined) shown(undefined);
    else store.inside(within).then(shown, () => {
      if (within === this.#within && store === this.scan) this.#again_ms = performance.now() + AGAIN_ms;
      shown(undefined);
    });
  }
}

/** What decides which surfaces are drawn where. */
function partsOf({ mode, only, within, apart }: Hologram): string {
  return JSON.stringify([mode, only ?? null, within ?? null, apart ?? 0]);
}

/** A good first place for a scan: in the middle above the table, about `height_m` tall. */
export function defaultTransform(store: VolumeStore, height_m = 0.8, middle_m = HOLOGRAM_HEIGHT_M): Transform {
  const { size, spacing_mm } = store.manifest;
  const largest = Math.max(...[0, 1, 2].map((i) => (size[i] ?? 1) * (spacing_mm[i] ?? 1))) * 0.001;
  const scale = Math.min(20, Math.max(0.05, height_m / largest));
  return { position_m: [0, middle_m, 0], rotation: new Quaternion().toArray() as unknown as Transform['rotation'], scale };
}
