import { dot, lpsFromVoxel, voxelAxis, voxelFromLps, type Vec3 } from '../core/frames';
import { drawnLayer } from '../core/hologram-layers';
import { AGAIN_ms, holdsMost } from '../core/volume/inside';
import type { SurfaceEntry } from '../core/volume/manifest';
import type { VolumeStore } from '../core/volume/store';
import type { SurfaceMesh } from '../core/volume/surface-file';
import { chained } from '../viewer/chained';
import { lesionWords } from './measure-words';
import { outline } from './outline';
import type { SliceState } from './slice';
import { pixelFromVoxel, readOutside, sliceOf, voxelFromPixel, type SliceLayout } from './slice-geometry';
import { DARK, DARKNESS, strokes, topOf, words, type Fit, type Point2 } from './slice-paint';

const LESION = '#ffc35c';
/** Where a structure is in the body that the hologram shows elsewhere. */
const APART = [5, 4] as const;
/** Pieces of an outline that meet do so within this part of a pixel. */
const PER_PIXEL = 1_000;

interface Outlined {
  readonly slice: number;
  /** In pixels of the picture, each `[x, y, x, y, …]`. */
  readonly lines: readonly (readonly number[])[];
  /** Once it has come. */
  readonly surface?: SurfaceMesh;
}

/** Outlines of structures and lesions on a slice, as people have made the hologram, and what lies outside of the structure to which they cut. */
export class SliceOutlines {
  readonly #store: VolumeStore;
  readonly #layout: SliceLayout;
  readonly #onChange: () => void;
  readonly #known = new Map<string, Outlined>();
  /** The surface to which people have cut, and its inside once it has come. */
  #within: { readonly name: string; readonly inside?: Uint8Array } | undefined;
  /** When it is asked for again, where it did not come. */
  #again_ms = Infinity;
  /** Which surfaces lie in it. */
  readonly #held = new Map<SurfaceMesh, boolean>();
  readonly #outside = document.createElement('canvas');
  #outsideOf = '';

  /** `onChange` is called when there is more to draw. */
  constructor(store: VolumeStore, layout: SliceLayout, onChange: () => void) {
    [this.#store, this.#layout, this.#onChange] = [store, layout, onChange];
  }

  /** What lies outside of the structure that people have cut to is cut away. */
  shade(context: CanvasRenderingContext2D, { hologram, cursor_lps_mm }: SliceState, fit: Fit): void {
    this.#look(hologram?.within ?? undefined);
    const { name, inside } = this.#within ?? {};
    if (!inside) return;
    const { preview, size } = this.#store.manifest;
    const { across, down, flipX, flipY } = this.#layout;
    const [blocks, factor] = [preview.size, preview.factor];
    const slice = sliceOf(this.#store.manifest, this.#layout, cursor_lps_mm);
    const key = `${slice}|${name}`;
    if (key !== this.#outsideOf) {
      this.#outsideOf = key;
      [this.#outside.width, this.#outside.height] = [blocks[across], blocks[down]];
      const pixels = new ImageData(blocks[across], blocks[down]);
      readOutside(inside, preview, this.#layout, slice, DARK, DARKNESS, pixels.data);
      this.#outside.getContext('2d')?.putImageData(pixels, 0, 0);
    }
    // The last block of an axis may reach beyond the scan.
    const [width, height] = [size[across] / factor[across], size[down] / factor[down]];
    context.drawImage(this.#outside, flipX ? blocks[across] - width : 0, flipY ? blocks[down] - height : 0, width, height, fit.x, fit.y, fit.width, fit.height);
  }

  /** Lesions, above the structures that are seen beside them; `screenOf` is where a pixel of the picture lies. */
  paint(context: CanvasRenderingContext2D, { hologram, alone, showLesions, language, cursor_lps_mm }: SliceState, screenOf: (x: number, y: number) => Point2): void {
    const { manifest } = this.#store;
    const slice = sliceOf(manifest, this.#layout, cursor_lps_mm);
    const isLesion = ({ name }: SurfaceEntry): boolean => manifest.lesions.some(({ surface }) => surface === name);
    const isDrawn = (entry: SurfaceEntry): boolean => hologram !== undefined && drawnLayer(hologram, entry.name, isLesion(entry)).visible;
    const isSeen = (entry: SurfaceEntry): boolean => hologram?.within === entry.name || hologram?.only === entry.name || (alone === true && isDrawn(entry));
    // Slices are of the body as it is: what the hologram shows moved apart stays where it is, and is marked.
    const dash = (hologram?.apart ?? 0) > 0 ? APART : [];
    const draw = (entry: SurfaceEntry, colour: string): readonly Point2[] => {
      const { lines, surface } = this.#outlined(entry, slice);
      if (!surface || !this.#isWithin(entry, surface)) return [];
      const seen = lines.map((line) => line.flatMap((x, i) => (i % 2 === 0 ? [screenOf(x, line[i + 1] ?? 0)] : [])));
      strokes(context, seen, colour, dash);
      return seen.flat();
    };
    for (const entry of manifest.surfaces) if (!isLesion(entry) && isSeen(entry)) draw(entry, entry.colour);
    if (!showLesions) return;
    for (const lesion of manifest.lesions) {
      const entry = manifest.surfaces.find(({ name }) => name === lesion.surface);
      // Where nothing is known of a hologram lesions are shown all the same.
      const top = entry && (!hologram || isDrawn(entry)) ? topOf(draw(entry, LESION)) : undefined;
      if (top && language) words(context, lesionWords(lesion, language), top.x, top.y - 12, 'center', LESION);
    }
  }

  /** What was known before, until the outline of this slice has come. */
  #outlined(entry: SurfaceEntry, slice: number): Outlined {
    const { manifest } = this.#store;
    const known = this.#known.get(entry.name) ?? { slice: NaN, lines: [] };
    if (known.slice === slice) return known;
    this.#known.set(entry.name, { ...known, slice });
    void this.#store.surface(entry).then((surface) => {
      const normal = voxelAxis(manifest, this.#layout.through);
      const middle = lpsFromVoxel(manifest, voxelFromPixel(manifest, this.#layout, 0, 0, slice));
      const pieces = outline(surface, normal, dot(normal, middle)).map((ends) => ends.flatMap((end) => this.#toPixel(end)));
      this.#known.set(entry.name, { slice, lines: chained(pieces), surface });
      this.#onChange();
    }, () => undefined);
    return known;
  }

  #look(name: string | undefined): void {
    if (name === this.#within?.name && performance.now() < this.#again_ms) return;
    this.#again_ms = Infinity;
    this.#keep(name === undefined ? undefined : { name });
    if (name === undefined) return;
    void this.#store.inside(name).then((inside) => {
      if (this.#within?.name !== name) return;
      this.#keep({ name, inside });
      this.#onChange();
    }, () => {
      if (this.#within?.name === name) this.#again_ms = performance.now() + AGAIN_ms;
    });
  }

  #keep(within: { readonly name: string; readonly inside?: Uint8Array } | undefined): void {
    this.#within = within;
    this.#held.clear();
  }

  /** Of other surfaces only those are seen that lie for the most part inside of the one that was cut to; all, while that is not known. */
  #isWithin({ name }: SurfaceEntry, surface: SurfaceMesh): boolean {
    const within = this.#within;
    if (!within?.inside || within.name === name) return true;
    const p = surface.positions_lps_mm;
    const held = this.#held.get(surface) ?? holdsMost(this.#store, within.inside, p.length / 3, (i) => [p[i * 3] ?? 0, p[i * 3 + 1] ?? 0, p[i * 3 + 2] ?? 0]);
    this.#held.set(surface, held);
    return held;
  }

  #toPixel(point_lps_mm: Vec3): [number, number] {
    const { manifest } = this.#store;
    const { x, y } = pixelFromVoxel(manifest, this.#layout, voxelFromLps(manifest, point_lps_mm));
    return [Math.round(x * PER_PIXEL) / PER_PIXEL, Math.round(y * PER_PIXEL) / PER_PIXEL];
  }
}
