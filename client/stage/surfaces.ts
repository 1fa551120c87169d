import { BufferAttribute, BufferGeometry, Group, Mesh, MeshBasicMaterial, type MeshStandardMaterial, type Plane } from 'three';
import { centreLps } from '../core/frames';
import type { SurfaceEntry } from '../core/volume/manifest';
import type { VolumeStore } from '../core/volume/store';
import type { SurfaceMesh } from '../core/volume/surface-file';
import { SOLID_LAYER } from './compositor';
import type { Layer, Mode } from './room-view';
import { HIDDEN_AT_FIRST, setOpacity, surfaceMaterial, surfaceStyle, type SurfaceStyle } from './surface-material';

interface Shown {
  readonly mesh: Mesh<BufferGeometry, MeshStandardMaterial>;
  /** A lesion seen faintly through whatever lies before it. */
  readonly through: Mesh<BufferGeometry, MeshBasicMaterial> | undefined;
  readonly style: SurfaceStyle;
  readonly lesion: boolean;
}

/** The surfaces of a hologram, each loaded when it is first to be seen. */
export class Surfaces {
  readonly group = new Group();
  /** Counts up when something solid appeared, vanished or changed. */
  version = 0;
  readonly #store: VolumeStore;
  readonly #clip: Plane;
  readonly #shown = new Map<string, Shown>();
  readonly #asked = new Set<string>();
  #mode: Mode = 'both';
  #layers: Readonly<Record<string, Layer>> = {};
  #disposed = false;
  readonly #end: () => void;
  onChange: () => void = () => undefined;

  constructor(store: VolumeStore, clip: Plane) {
    this.#store = store;
    this.#clip = clip;
    this.#end = store.events.on('structures', () => this.#adopt());
  }

  set(mode: Mode, layers: Readonly<Record<string, Layer>>): void {
    this.#mode = mode;
    this.#layers = layers;
    for (const entry of this.#store.manifest.surfaces) {
      const { visible } = this.#layer(entry);
      if (visible) this.#ask(entry);
      this.#apply(entry);
    }
    this.version += 1;
  }

  /** True while anything solid is drawn, on which rays through the volume end. */
  get solid(): boolean {
    return [...this.#shown.values()].some(({ mesh }) => mesh.visible && !mesh.material.transparent);
  }

  get meshes(): Mesh[] {
    return [...this.#shown.values()].map(({ mesh }) => mesh).filter((mesh) => mesh.visible);
  }

  dispose(): void {
    this.#disposed = true;
    this.#end();
    for (const { mesh, through } of this.#shown.values()) {
      through?.material.dispose();
      mesh.geometry.dispose();
      mesh.material.dispose();
    }
  }

  /** Asks for surfaces that came, and takes those away that went. */
  #adopt(): void {
    const names = new Set(this.#store.manifest.surfaces.map(({ name }) => name));
    for (const [name, { mesh, through }] of this.#shown) {
      if (names.has(name)) continue;
      this.group.remove(mesh, ...(through ? [through] : []));
      through?.material.dispose();
      mesh.geometry.dispose();
      mesh.material.dispose();
      this.#shown.delete(name);
      this.#asked.delete(name);
    }
    this.set(this.#mode, this.#layers);
    this.onChange();
  }

  #isLesion(entry: SurfaceEntry): boolean {
    return this.#store.manifest.lesions.some((lesion) => lesion.surface === entry.name);
  }

  /** A lesion is seen in every mode; other surfaces not beside the volume alone. */
  #layer(entry: SurfaceEntry): Layer {
    const chosen = this.#layers[entry.name] ?? { visible: !HIDDEN_AT_FIRST.has(entry.name), opacity: 1 };
    const wanted = this.#mode !== 'volume' || this.#isLesion(entry);
    return { visible: chosen.visible && wanted && chosen.opacity > 0.01, opacity: chosen.opacity };
  }

  #ask(entry: SurfaceEntry): void {
    if (this.#asked.has(entry.name)) return;
    this.#asked.add(entry.name);
    this.#store.surface(entry).then(
      (surface) => {
        if (this.#disposed) return;
        const style = surfaceStyle(entry.name);
        const mesh = new Mesh(this.#geometry(surface), surfaceMaterial(entry.colour, style, this.#clip));
        mesh.name = entry.name;
        mesh.renderOrder = style.glass ? 5 : 0;
        const lesion = this.#isLesion(entry);
        if (lesion) mesh.material.emissive.set(entry.colour).multiplyScalar(0.35);
        const through = lesion ? seenThrough(mesh, entry.colour, this.#clip) : undefined;
        this.#shown.set(entry.name, { mesh, through, style, lesion });
        this.group.add(mesh, ...(through ? [through] : []));
        this.#apply(entry);
        this.version += 1;
        this.onChange();
      },
      () => this.#asked.delete(entry.name),
    );
  }

  #apply(entry: SurfaceEntry): void {
    const shown = this.#shown.get(entry.name);
    if (!shown) return;
    const { visible, opacity } = this.#layer(entry);
    shown.mesh.visible = visible;
    if (shown.through) shown.through.visible = visible;
    setOpacity(shown.mesh.material, shown.style, opacity);
    if (shown.mesh.material.transparent) shown.mesh.layers.disable(SOLID_LAYER);
    else shown.mesh.layers.enable(SOLID_LAYER);
  }

  /** Hologram-local metres about the scan's centre: `(L, S, −P) × 0.001`. */
  #geometry(surface: SurfaceMesh): BufferGeometry {
    const centre = centreLps(this.#store.manifest);
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new BufferAttribute(turned(surface.positions_lps_mm, centre, 0.001), 3));
    geometry.setAttribute('normal', new BufferAttribute(turned(surface.normals_lps, [0, 0, 0], 1), 3));
    geometry.setIndex(new BufferAttribute(surface.indices, 1));
    geometry.computeBoundingSphere();
    return geometry;
  }
}

function seenThrough(mesh: Mesh<BufferGeometry>, color: string, clip: Plane): Mesh<BufferGeometry, MeshBasicMaterial> {
  const material = new MeshBasicMaterial({ color, transparent: true, opacity: 0.38, depthTest: false, depthWrite: false, clippingPlanes: [clip] });
  const through = new Mesh(mesh.geometry, material);
  through.renderOrder = 28;
  return through;
}

/** Points of the patient as hologram-local metres about a centre, or directions. */
export function turned(lps: Float32Array, [l, p, s]: readonly [number, number, number], scale: number): Float32Array {
  const out = new Float32Array(lps.length);
  for (let i = 0; i < lps.length; i += 3) {
    out[i] = ((lps[i] ?? 0) - l) * scale;
    out[i + 1] = ((lps[i + 2] ?? 0) - s) * scale;
    out[i + 2] = -((lps[i + 1] ?? 0) - p) * scale;
  }
  return out;
}
