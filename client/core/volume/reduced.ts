import type { Vec3 } from '../frames';

/** How a volume is made to fit: `factor` voxels along x, y, z become one, `size` of them are left. */
export interface Reduction {
  readonly factor: Vec3;
  readonly size: Vec3;
}

/** The least reduction that leaves no edge longer than `longest`; factors of 1 where the volume fits as it is. */
export function reductionTo(longest: number, size: Vec3): Reduction {
  const factor = size.map((n) => Math.ceil(n / longest)) as unknown as Vec3;
  return { factor, size: size.map((n, i) => Math.ceil(n / (factor[i] ?? 1))) as unknown as Vec3 };
}

export function isReduced({ factor }: Reduction): boolean {
  return factor.some((n) => n > 1);
}

/**
 * The means of the voxels under each reduced voxel that a block touches, read from the whole volume:
 * blocks need not begin where a reduced voxel does. The last voxel of an axis may have fewer under it.
 */
export function reducedBlock(
  hu: Int16Array,
  volume: Vec3,
  { factor }: Reduction,
  block: { readonly origin: Vec3; readonly size: Vec3 },
): { readonly origin: Vec3; readonly size: Vec3; readonly hu: Int16Array } {
  const [fx, fy, fz] = factor;
  const first = block.origin.map((o, i) => Math.floor(o / (factor[i] ?? 1))) as unknown as Vec3;
  const size = block.origin.map((o, i) => {
    const end = Math.min(volume[i] ?? 0, o + (block.size[i] ?? 0));
    return Math.ceil(end / (factor[i] ?? 1)) - (first[i] ?? 0);
  }) as unknown as Vec3;
  const out = new Int16Array(size[0] * size[1] * size[2]);
  let at = 0;
  for (let z = 0; z < size[2]; z++)
    for (let y = 0; y < size[1]; y++)
      for (let x = 0; x < size[0]; x++) {
        const from: Vec3 = [(first[0] + x) * fx, (first[1] + y) * fy, (first[2] + z) * fz];
        out[at++] = mean(hu, volume, from, factor);
      }
  return { origin: first, size, hu: out };
}

function mean(hu: Int16Array, [nx, ny, nz]: Vec3, from: Vec3, factor: Vec3): number {
  const [endX, endY, endZ] = [Math.min(nx, from[0] + factor[0]), Math.min(ny, from[1] + factor[1]), Math.min(nz, from[2] + factor[2])];
  let sum = 0;
  for (let z = from[2]; z < endZ; z++)
    for (let y = from[1]; y < endY; y++) {
      const row = (z * ny + y) * nx;
      for (let x = from[0]; x < endX; x++) sum += hu[row + x] ?? 0;
    }
  return Math.round(sum / ((endX - from[0]) * (endY - from[1]) * (endZ - from[2])));
}
