import { BufferAttribute, BufferGeometry, Group, Mesh, MeshBasicMaterial, type MeshStandardMaterial, type Plane, Vector3 } from 'three';
import { add, centreLps, lpsFromLocal } from '../core/frames';
import { drawnLayer, type Parts } from '../core/hologram-layers';
import { holdsMost } from '../core/volume/inside';
import type { SurfaceEntry } from '../core/volume/manifest';
import type { VolumeStore } from '../core/volume/store';
import type { SurfaceMesh } from '../core/volume/surface-file';
import { SOLID_LAYER } from './compositor';
import { withFewerTriangles } from './fewer-triangles';
import type { Layer } from './room-view';
import { setOpacity, surfaceMaterial, surfaceStyle, type SurfaceStyle } from './surface-material';

interface Shown {
  readonly mesh: Mesh<BufferGeometry, MeshStandardMaterial>;
  /** A lesion seen faintly through whatever lies before it. */
  readonly through: Mesh<BufferGeometry, MeshBasicMaterial> | undefined;
  readonly style: SurfaceStyle;
  readonly lesion: boolean;
  /** From the middle of the scan to that of the surface: the way it goes when all is taken apart. */
  readonly middle: Vector3;
}

/** The surfaces of a hologram, each loaded when it is first to be seen. */
export class Surfaces {
  readonly group = new Group();
  /** Counts up when something solid appeared, vanished or changed. */
  version = 0;
  readonly #store: VolumeStore;
  readonly #clips: readonly Plane[];
  readonly #most_mm: number;
  readonly #shown = new Map<string, Shown>();
  readonly #asked = new Set<string>();
  #parts: Parts = { mode: 'both', layers: {} };
  /** The surface to whose inside all is confined, and that inside once it is known. */
  #within: { readonly name: string; readonly inside: Uint8Array | undefined } | undefined;
  #disposed = false;
  readonly #end: () => void;
  onChange: () => void = () => undefined;

  /** Where the processor draws, each surface has fewer triangles, within half a voxel of what was segmented. */
  constructor(store: VolumeStore, clips: readonly Plane[], software: boolean) {
    this.#store = store;
    this.#most_mm = software ? Math.min(...store.manifest.spacing_mm) / 2 : 0;
    this.#clips = clips;
    this.#end = store.events.on('structures', () => this.#adopt());
  }

  set(parts: Parts): void {
    this.#parts = parts;
    for (const entry of this.#store.manifest.surfaces) {
      const { visible } = this.#layer(entry);
      if (visible) this.#ask(entry);
      this.#apply(entry);
    }
    this.version += 1;
  }

  /** Confines all to the inside of one surface; `undefined` ends that. */
  setInside(name: string | undefined, inside: Uint8Array | undefined): void {
    this.#within = name === undefined ? undefined : { name, inside };
    this.set(this.#parts);
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
    this.set(this.#parts);
    this.onChange();
  }

  #isLesion(entry: SurfaceEntry): boolean {
    return this.#store.manifest.lesions.some((lesion) => lesion.surface === entry.name);
  }

  #layer(entry: SurfaceEntry): Layer {
    return drawnLayer(this.#parts, entry.name, this.#isLesion(entry));
  }

  #ask(entry: SurfaceEntry): void {
    if (this.#asked.has(entry.name)) return;
    this.#asked.add(entry.name);
    this.#surface(entry).then(
      (surface) => {
        if (this.#disposed) return;
        const style = surfaceStyle(entry.name);
        const mesh = new Mesh(this.#geometry(surface), surfaceMaterial(entry.colour, style, this.#clips));
        mesh.name = entry.name;
        mesh.renderOrder = style.glass ? 5 : 0;
        const lesion = this.#isLesion(entry);
        if (lesion) mesh.material.emissive.set(entry.colour).multiplyScalar(0.35);
        const through = lesion ? seenThrough(mesh, entry.colour, this.#clips) : undefined;
        const middle = mesh.geometry.boundingSphere?.center ?? new Vector3();
        this.#shown.set(entry.name, { mesh, through, style, lesion, middle });
        this.group.add(mesh, ...(through ? [through] : []));
        this.#apply(entry);
        this.version += 1;
        this.onChange();
      },
      () => this.#asked.delete(entry.name),
    );
  }

  async #surface(entry: SurfaceEntry): Promise<SurfaceMesh> {
    const whole = await this.#store.surface(entry);
    return this.#most_mm > 0 ? withFewerTriangles(whole, this.#most_mm) : whole;
  }

  #apply(entry: SurfaceEntry): void {
    const shown = this.#shown.get(entry.name);
    if (!shown) return;
    const { visible, opacity } = this.#layer(entry);
    const within = visible && this.#isWithin(entry, shown);
    for (const mesh of [shown.mesh, ...(shown.through ? [shown.through] : [])]) {
      mesh.visible = within;
      mesh.position.copy(shown.middle).multiplyScalar(this.#parts.apart ?? 0);
    }
    setOpacity(shown.mesh.material, shown.style, opacity);
    if (shown.mesh.material.transparent) shown.mesh.layers.disable(SOLID_LAYER);
    else shown.mesh.layers.enable(SOLID_LAYER);
  }

  /** Of other surfaces only those are seen that lie inside for the most part; all, while that is not known. */
  #isWithin(entry: SurfaceEntry, { mesh }: Shown): boolean {
    const inside = this.#within?.inside;
    if (!inside || entry.name === this.#within?.name) return true;
    const centre = centreLps(this.#store.manifest);
    const places = mesh.geometry.getAttribute('position');
    return holdsMost(this.#store, inside, places.count, (i) => add(lpsFromLocal([places.getX(i), places.getY(i), places.getZ(i)]), centre));
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

function seenThrough(mesh: Mesh<BufferGeometry>, color: string, clips: readonly Plane[]): Mesh<BufferGeometry, MeshBasicMaterial> {
  const material = new MeshBasicMaterial({ color, transparent: true, opacity: 0.38, depthTest: false, depthWrite: false, clippingPlanes: [...clips] });
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
