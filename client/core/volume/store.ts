import { Emitter } from '../emitter';
import { centreLps, distance, lpsFromVoxel, voxelFromLps, type Vec3 } from '../frames';
import { AIR_HU, writeBlock } from './decode';
import { DecodePool } from './decode-pool';
import type { Brick, SurfaceEntry, VolumeManifest } from './manifest';
import { sampleHu } from './sample';
import { decodeSurface, type SurfaceMesh } from './surface-file';

/** A block of voxels, as HU and as half floats of HU − 1024, x fastest. */
export interface Block {
  readonly origin: Vec3;
  readonly size: Vec3;
  readonly hu: Int16Array;
  readonly halves: Uint16Array;
}

export interface Progress {
  readonly bricks: number;
  readonly bricksTotal: number;
  readonly bytes: number;
  readonly bytesTotal: number;
}

export interface VolumeEvents {
  /** The small picture of the whole volume has come. */
  preview: Block;
  /** The preview, enlarged to full size; bricks are laid over it. */
  base: Block;
  brick: Block;
  progress: Progress;
  ready: Progress;
  /** Surfaces or lesions came or went; the voxels are the same. */
  structures: VolumeManifest;
  /** One part failed; the rest goes on. `retry()` asks for it again. */
  error: { readonly part: 'preview' | 'brick' | 'surface'; readonly message: string };
}

export interface VolumeStoreOptions {
  /** Against which the manifest's URLs are resolved, such as `/api/series/1.2.3/volume`. */
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  /** How many bricks are under way at once. */
  readonly concurrency?: number;
}

export type VolumeState = 'idle' | 'loading' | 'ready' | 'incomplete' | 'cancelled';

/** One series' voxels: loads them coarse to fine, keeps the HU on the CPU, tells who listens. */
export class VolumeStore {
  manifest: VolumeManifest;
  readonly events = new Emitter<VolumeEvents>();
  /** HU of the whole volume, x fastest; air until something better is known. */
  readonly hu: Int16Array;
  preview: Block | undefined;
  /** The inside of the body on the preview's grid, 255 or 0; skin and couch left out. */
  body: Uint8Array | undefined;
  state: VolumeState = 'idle';
  #waiting: Brick[];
  #failed: Brick[] = [];
  #focus: Vec3;
  #bytes = 0;
  #bricks = 0;
  #baseDone = false;
  readonly #options: VolumeStoreOptions;
  readonly #stop = new AbortController();
  readonly #pool = new DecodePool();
  readonly #surfaces = new Map<string, Promise<SurfaceMesh>>();
  readonly #insides = new Map<string, Promise<Uint8Array>>();

  constructor(manifest: VolumeManifest, options: VolumeStoreOptions) {
    this.manifest = manifest;
    this.#options = options;
    const [nx, ny, nz] = manifest.size;
    this.hu = new Int16Array(nx * ny * nz).fill(AIR_HU);
    this.#waiting = [...manifest.bricks];
    this.#focus = centreLps(manifest);
  }

  /** Takes over what a newer manifest of the same voxels says of surfaces and lesions; others are left alone. */
  adopt(newer: VolumeManifest): void {
    const voxels = ({ size, origin_lps_mm, bricks }: VolumeManifest): string => JSON.stringify([size, origin_lps_mm, bricks.length]);
    if (voxels(newer) !== voxels(this.manifest)) return;
    const { surfaces, lesions, notices } = newer;
    this.manifest = { ...this.manifest, surfaces, lesions, notices };
    this.events.emit('structures', this.manifest);
  }

  get progress(): Progress {
    const bytesTotal = this.manifest.bricks.reduce((sum, b) => sum + b.bytes, 0);
    return { bricks: this.#bricks, bricksTotal: this.manifest.bricks.length, bytes: this.#bytes, bytesTotal };
  }

  /** True once the CPU copy holds at least the coarse picture. */
  get hasBase(): boolean {
    return this.#baseDone;
  }

  /** What somebody looks at; the bricks nearest to it come first. */
  setFocus(point_lps_mm: Vec3): void {
    this.#focus = point_lps_mm;
  }

  /** Loads preview, then bricks; resolves when all has come, failed or been cancelled. */
  async load(): Promise<void> {
    if (this.state !== 'idle') return;
    this.state = 'loading';
    await this.#loadPreview();
    await this.#loadBricks();
  }

  /** Asks again for what failed. */
  async retry(): Promise<void> {
    if (this.state !== 'incomplete') return;
    this.state = 'loading';
    this.#waiting.push(...this.#failed.splice(0));
    if (!this.#baseDone) await this.#loadPreview();
    await this.#loadBricks();
  }

  /** Ends all loading and lets go of the workers and listeners. */
  cancel(): void {
    this.state = 'cancelled';
    this.#stop.abort();
    this.#pool.dispose();
    this.events.clear();
  }

  /** HU at a point by trilinear interpolation; undefined outside the scan. */
  huAt(point_lps_mm: Vec3): number | undefined {
    return sampleHu(this.hu, this.manifest.size, voxelFromLps(this.manifest, point_lps_mm));
  }

  /** A surface's triangles, loaded once. */
  surface(entry: SurfaceEntry): Promise<SurfaceMesh> {
    const known = this.#surfaces.get(entry.name);
    if (known) return known;
    const mesh = this.#bytesOf(entry.url).then((bytes) => decodeSurface(bytes));
    this.#surfaces.set(entry.name, mesh);
    mesh.catch((error: unknown) => {
      this.#surfaces.delete(entry.name);
      this.#report('surface', error);
    });
    return mesh;
  }

  /** How much of each voxel of the preview lies inside of a surface, 0 to 255; loaded once. */
  inside(name: string): Promise<Uint8Array> {
    const known = this.#insides.get(name);
    if (known) return known;
    const inside = this.#bytesOf(`inside/${encodeURIComponent(name)}`).then((bytes) => {
      const [x, y, z] = this.manifest.preview.size;
      if (bytes.byteLength !== x * y * z) throw new Error('the inside of a surface has another size than the preview');
      return new Uint8Array(bytes);
    });
    this.#insides.set(name, inside);
    inside.catch((error: unknown) => {
      this.#insides.delete(name);
      this.#report('surface', error);
    });
    return inside;
  }

  async #loadPreview(): Promise<void> {
    const { preview, size, spacing_mm } = this.manifest;
    try {
      const bytes = await this.#bytesOf(preview.url);
      const decoded = await this.#pool.decode(bytes, preview.size, { size, spacing_mm, factor: preview.factor });
      this.preview = { origin: [0, 0, 0], size: preview.size, hu: decoded.hu, halves: decoded.halves };
      this.events.emit('preview', this.preview);
      if (decoded.large) {
        this.hu.set(decoded.large.hu);
        this.body = decoded.large.body;
        this.#baseDone = true;
        this.events.emit('base', { origin: [0, 0, 0], size, hu: this.hu, halves: decoded.large.halves });
      }
    } catch (error) {
      this.#report('preview', error);
    }
  }

  async #loadBricks(): Promise<void> {
    const lanes = Array.from({ length: this.#options.concurrency ?? 4 }, () => this.#lane());
    await Promise.all(lanes);
    if (this.state === 'cancelled') return;
    this.state = this.#failed.length === 0 && this.#baseDone ? 'ready' : 'incomplete';
    if (this.state === 'ready') this.events.emit('ready', this.progress);
  }

  async #lane(): Promise<void> {
    for (let brick = this.#next(); brick; brick = this.#next()) {
      try {
        const bytes = await this.#bytesOf(brick.url);
        const { hu, halves } = await this.#pool.decode(bytes, brick.size);
        writeBlock(this.hu, this.manifest.size, hu, brick.origin, brick.size);
        this.#bricks += 1;
        this.#bytes += brick.bytes;
        this.events.emit('brick', { origin: brick.origin, size: brick.size, hu, halves });
        this.events.emit('progress', this.progress);
      } catch (error) {
        this.#failed.push(brick);
        this.#report('brick', error);
      }
    }
  }

  /** The waiting brick nearest to the focus. */
  #next(): Brick | undefined {
    if (this.state === 'cancelled') return undefined;
    let best = -1;
    let bestDistance = Infinity;
    this.#waiting.forEach((brick, i) => {
      const d = distance(this.#focus, this.#middle(brick));
      if (d < bestDistance) [best, bestDistance] = [i, d];
    });
    return best < 0 ? undefined : this.#waiting.splice(best, 1)[0];
  }

  #middle({ origin: o, size: s }: Brick): Vec3 {
    return lpsFromVoxel(this.manifest, [o[0] + s[0] / 2, o[1] + s[1] / 2, o[2] + s[2] / 2]);
  }

  async #bytesOf(url: string): Promise<ArrayBuffer> {
    const base = new URL(this.#options.baseUrl.replace(/\/?$/, '/'), globalThis.location?.href ?? 'http://localhost/');
    const answer = await (this.#options.fetch ?? fetch)(new URL(url, base), {
      signal: this.#stop.signal,
      credentials: 'same-origin',
    });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer.arrayBuffer();
  }

  #report(part: VolumeEvents['error']['part'], error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.events.emit('error', { part, message: error instanceof Error ? error.message : 'could not load' });
  }
}
