/** Planes through a volume, as a stack: axial, coronal and sagittal in the resolution of the scan itself. */
import { lpsFromVoxel, voxelAxis } from '../core/frames';
import type { Vec3 } from '../core/frames';
import type { Series } from '../core/dicom/dicom-web';
import type { VolumeStore } from '../core/volume/store';
import { sliceLayout, voxelFromPixel } from '../stage/slice-geometry';
import type { SliceAxis, SliceLayout } from '../stage/slice-geometry';
import type { Pixels } from './pixels';
import type { Plane } from './plane';
import { CT_PRESETS, autoWindow } from './window';
import type { GreyWindow, Rescale } from './window';
import type { Stack } from './stack';

const HU: Rescale = { slope: 1, intercept: 0 };

/** Reads one plane's HU, x to the right and y down on the screen. */
export function readPlane(hu: Int16Array, size: Vec3, layout: SliceLayout, slice: number): Int16Array<ArrayBuffer> {
  const stride = [1, size[0], size[0] * size[1]] as const;
  const [width, height] = [size[layout.across], size[layout.down]];
  const dx = stride[layout.across] * (layout.flipX ? -1 : 1);
  const dy = stride[layout.down] * (layout.flipY ? -1 : 1);
  const corner = (flip: boolean, count: number, step: number): number => (flip ? (count - 1) * step : 0);
  const first =
    slice * stride[layout.through] +
    corner(layout.flipX, width, stride[layout.across]) +
    corner(layout.flipY, height, stride[layout.down]);
  const out = new Int16Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0, from = first + y * dy; x < width; x++, from += dx) out[to++] = hu[from] ?? 0;
  }
  return out;
}

export class VolumeStack implements Stack {
  readonly planes: readonly Plane[];
  readonly frameTime_ms = undefined;
  readonly #layout: SliceLayout;
  readonly #listeners = new Set<(index: number) => void>();
  readonly #ends: readonly (() => void)[];
  #read: { readonly index: number; readonly pixels: Pixels } | undefined;
  #auto: GreyWindow | undefined;
  #at = 0;

  constructor(
    readonly series: Series,
    readonly store: VolumeStore,
    readonly axis: SliceAxis,
  ) {
    const grid = store.manifest;
    const layout = sliceLayout(grid, axis);
    this.#layout = layout;
    const direction = (voxel: 0 | 1 | 2, flip: boolean): Vec3 => {
      const [x, y, z] = voxelAxis(grid, voxel);
      return flip ? [-x, -y, -z] : [x, y, z];
    };
    this.planes = Array.from({ length: grid.size[layout.through] }, (_, slice) => ({
      columns: grid.size[layout.across],
      rows: grid.size[layout.down],
      spacing_mm: [grid.spacing_mm[layout.across], grid.spacing_mm[layout.down]],
      spacingSource: 'patient',
      place: {
        origin_lps_mm: lpsFromVoxel(grid, voxelFromPixel(grid, layout, 0, 0, slice)),
        right_lps: direction(layout.across, layout.flipX),
        down_lps: direction(layout.down, layout.flipY),
        frameOfReference: series.frameOfReference,
      },
      thickness_mm: grid.spacing_mm[layout.through],
    }));
    const fresh = (): void => {
      this.#read = undefined;
      for (const listener of this.#listeners) listener(this.#at);
    };
    const { events } = store;
    this.#ends = [events.on('base', fresh), events.on('brick', fresh), events.on('ready', fresh)];
  }

  pictureKey(index: number): string {
    return `${this.series.uid}|${this.axis}#${index + 1}`;
  }

  objectAt(): undefined {
    return undefined;
  }

  hasTable(): boolean {
    return false;
  }

  rescaleOf(): Rescale {
    return HU;
  }

  unitOf(): string | undefined {
    // The volume of another modality holds its own values, whose unit nobody has said.
    return this.series.modality === 'CT' ? 'HU' : undefined;
  }

  whiteIsLow(): boolean {
    return false;
  }

  windowsOf(): readonly never[] {
    return [];
  }

  firstWindow(index: number): GreyWindow {
    if (this.unitOf() === 'HU') return CT_PRESETS.mediastinum;
    this.#auto ??= this.autoWindow(index);
    return this.#auto ?? { centre: 128, width: 256 };
  }

  autoWindow(index: number): GreyWindow | undefined {
    const pixels = this.pixels(index);
    return pixels?.kind === 'grey' ? autoWindow(pixels.samples, HU, undefined) : undefined;
  }

  pixels(index: number): Pixels | undefined {
    if (!this.store.hasBase) return undefined;
    if (this.#read?.index !== index) {
      const samples = readPlane(this.store.hu, this.store.manifest.size, this.#layout, index);
      this.#read = { index, pixels: { kind: 'grey', samples, ...rangeOf(samples) } };
    }
    return this.#read.pixels;
  }

  failureOf(): undefined {
    return undefined;
  }

  focus(index: number): void {
    this.#at = index;
  }

  onNews(listener: (index: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    for (const end of this.#ends) end();
    this.#listeners.clear();
  }
}

function rangeOf(samples: Int16Array): { least: number; most: number } {
  let [least, most] = [samples[0] ?? 0, samples[0] ?? 0];
  for (const value of samples) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}
