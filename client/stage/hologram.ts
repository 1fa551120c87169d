import { Group, type Matrix4, Plane as ClipPlane, Quaternion, Vector3, type Vector4 } from 'three';
import { centreLps, localFromLps, lpsFromLocal, subtract, add, type Transform, type Vec3 } from '../core/frames';
import type { VolumeStore } from '../core/volume/store';
import { Compositor, VOLUME_LAYER } from './compositor';
import type { Hologram, Plane } from './room-view';
import { HOLOGRAM_HEIGHT_M } from './room-scene';
import { Surfaces } from './surfaces';
import { VolumePicture } from './volume-picture';

/** Far enough that a plane there cuts nothing. */
const NOWHERE_M = 1e6;

/** The image of a scan in the room: volume, surfaces, cut; placed by its centre. */
export class HologramView {
  readonly root = new Group();
  readonly picture: VolumePicture;
  readonly compositor: Compositor;
  readonly surfaces: Surfaces;
  readonly store: VolumeStore;
  /** What people have made of it, as last shown. */
  state: Hologram | undefined;
  /** Whether people want to see the volume. */
  volumeVisible = false;
  readonly #centre: Vec3;
  readonly #clip = new ClipPlane(new Vector3(0, 1, 0), NOWHERE_M);
  #window = '';

  /** `longest` is the longest edge that the graphics card takes for a 3D texture. */
  constructor(store: VolumeStore, longest: number) {
    this.store = store;
    this.#centre = centreLps(store.manifest);
    this.picture = new VolumePicture(store, longest);
    this.picture.mesh.layers.set(VOLUME_LAYER);
    this.compositor = new Compositor(this.picture);
    this.surfaces = new Surfaces(store, this.#clip);
    this.root.add(this.surfaces.group, this.picture.mesh, this.compositor.overlay);
  }

  /** Shows the entity; `transform` may be ahead of it while somebody moves the hologram. */
  set(state: Hologram, transform: Transform = state.transform): void {
    this.root.position.set(...transform.position_m);
    this.root.quaternion.set(...transform.rotation).normalize();
    this.root.scale.setScalar(transform.scale);
    this.root.updateMatrixWorld(true);
    const window = `${state.window.centre_hu}/${state.window.width_hu}`;
    if (window !== this.#window) this.picture.setWindow(state.window);
    this.#window = window;
    if (!this.state || this.state.mode !== state.mode || this.state.layers !== state.layers) {
      this.surfaces.set(state.mode, state.layers);
      const volume = state.layers['volume'] ?? { visible: true, opacity: 1 };
      this.volumeVisible = state.mode !== 'surfaces' && volume.visible;
      this.picture.setNumber('uDensity', volume.opacity);
      this.picture.setNumber('uSkin', state.layers['skin']?.visible ? 1 : 0);
    }
    this.#cut(state.clip);
    this.state = state;
  }

  /** A point of the patient in the room. */
  roomFromLps(point_lps_mm: Vec3): Vector3 {
    return this.root.localToWorld(new Vector3(...localFromLps(subtract(point_lps_mm, this.#centre))));
  }

  /** A point of the room in the patient. */
  lpsFromRoom(point: Vector3): Vec3 {
    const local = this.root.worldToLocal(point.clone());
    return add(lpsFromLocal([local.x, local.y, local.z]), this.#centre);
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
  castInScene(visible: boolean, seconds: number): void {
    this.picture.castInScene(visible, seconds);
  }

  /** Back to pictures of their own, as a headset session ends. */
  castApart(): void {
    this.picture.castApart();
    this.compositor.reset();
  }

  /** After a lost context. */
  restore(): void {
    this.picture.restore();
    this.compositor.reset();
  }

  dispose(): void {
    this.surfaces.dispose();
    this.compositor.dispose();
    this.picture.dispose();
    this.root.removeFromParent();
  }

  #cut(clip: Plane | null): void {
    const uniform = this.picture.uniform<Vector4>('uClip');
    if (!clip) {
      uniform.set(0, 0, 0, 0);
      this.#clip.setComponents(0, 1, 0, NOWHERE_M);
      return;
    }
    // In the room: three keeps what lies on the side to which the normal points, the record what lies against it.
    const [l, p, s] = localFromLps(clip.normal_lps);
    const normal = new Vector3(l, p, s).normalize();
    const offset = (clip.offset_mm - (clip.normal_lps[0] * this.#centre[0] + clip.normal_lps[1] * this.#centre[1] + clip.normal_lps[2] * this.#centre[2])) * 0.001;
    this.#clip.setComponents(-normal.x, -normal.y, -normal.z, offset).applyMatrix4(this.root.matrixWorld);
    // In the unit cube: n · (M u + o) ≤ d becomes (Mᵀ n) · u ≤ d − n · o.
    const e = (this.picture.mesh.matrix as Matrix4).elements;
    const column = (i: number): Vector3 => new Vector3(e[i] ?? 0, e[i + 1] ?? 0, e[i + 2] ?? 0);
    uniform.set(normal.dot(column(0)), normal.dot(column(4)), normal.dot(column(8)), offset - normal.dot(column(12)));
  }
}

/** A good first place for a scan: in the middle above the table, about `height_m` tall. */
export function defaultTransform(store: VolumeStore, height_m = 0.8, middle_m = HOLOGRAM_HEIGHT_M): Transform {
  const { size, spacing_mm } = store.manifest;
  const largest = Math.max(...[0, 1, 2].map((i) => (size[i] ?? 1) * (spacing_mm[i] ?? 1))) * 0.001;
  const scale = Math.min(20, Math.max(0.05, height_m / largest));
  return { position_m: [0, middle_m, 0], rotation: new Quaternion().toArray() as unknown as Transform['rotation'], scale };
}
