import type { Vec3 } from '../frames';

/** Edge of a cell in voxels. */
export const CELL = 8;

/** The least and the greatest HU in cells of 8³ voxels, so that rays can skip where nothing shows. */
export class RangeGrid {
  readonly size: Vec3;
  readonly min: Int16Array;
  readonly max: Int16Array;
  readonly #volume: Vec3;

  constructor(volume: Vec3) {
    this.#volume = volume;
    this.size = [Math.ceil(volume[0] / CELL), Math.ceil(volume[1] / CELL), Math.ceil(volume[2] / CELL)];
    const count = this.size[0] * this.size[1] * this.size[2];
    this.min = new Int16Array(count).fill(-1024);
    this.max = new Int16Array(count).fill(-1024);
  }

  /** Reads the cells that a changed block touches, one voxel beyond their faces included. */
  update(hu: Int16Array, origin: Vec3, size: Vec3): void {
    const first = origin.map((o) => Math.max(0, Math.floor((o - 1) / CELL)));
    const last = origin.map((o, i) => Math.min((this.size[i] ?? 1) - 1, Math.floor((o + (size[i] ?? 0)) / CELL)));
    for (let z = first[2] ?? 0; z <= (last[2] ?? -1); z++)
      for (let y = first[1] ?? 0; y <= (last[1] ?? -1); y++)
        for (let x = first[0] ?? 0; x <= (last[0] ?? -1); x++) this.#measure(hu, x, y, z);
  }

  #measure(hu: Int16Array, cx: number, cy: number, cz: number): void {
    const [nx, ny, nz] = this.#volume;
    let low = 32767;
    let high = -32768;
    for (let z = Math.max(0, cz * CELL - 1); z <= Math.min(nz - 1, cz * CELL + CELL); z++)
      for (let y = Math.max(0, cy * CELL - 1); y <= Math.min(ny - 1, cy * CELL + CELL); y++) {
        const row = (z * ny + y) * nx;
        const end = Math.min(nx - 1, cx * CELL + CELL);
        for (let x = Math.max(0, cx * CELL - 1); x <= end; x++) {
          const value = hu[row + x] ?? 0;
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
    const cell = (cz * this.size[1] + cy) * this.size[0] + cx;
    this.min[cell] = low;
    this.max[cell] = high;
  }

  /**
   * 255 where a cell may show something. `opacities[i]` belongs to HU `first + i × step`;
   * HU beyond the table's ends count as its ends.
   */
  occupied(opacities: ArrayLike<number>, first: number, step: number): Uint8Array {
    const sums = new Uint32Array(opacities.length + 1);
    for (let i = 0; i < opacities.length; i++) sums[i + 1] = (sums[i] ?? 0) + ((opacities[i] ?? 0) > 0 ? 1 : 0);
    const index = (hu: number, round: (n: number) => number): number =>
      Math.min(opacities.length - 1, Math.max(0, round((hu - first) / step)));
    return Uint8Array.from(this.min, (low, cell) => {
      const from = index(low, Math.floor);
      const to = index(this.max[cell] ?? low, Math.ceil);
      return (sums[to + 1] ?? 0) > (sums[from] ?? 0) ? 255 : 0;
    });
  }
}
