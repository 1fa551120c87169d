import type { Vec3 } from '../frames';

/** HU of voxels of which nothing was sent: air. */
export const AIR_HU = -1024;

export class DecodeError extends Error {
  override name = 'DecodeError';
}

/**
 * Undoes the byte shuffle (all low bytes, then all high bytes) and the delta along x.
 * `size` counts voxels along x, y, z; x is fastest.
 */
export function decodeHu(bytes: Uint8Array, size: Vec3): Int16Array {
  const row = size[0];
  const count = row * size[1] * size[2];
  if (bytes.length !== count * 2)
    throw new DecodeError(`expected ${count * 2} bytes of voxels, found ${bytes.length}`);
  const hu = new Int16Array(count);
  for (let start = 0; start < count; start += row) {
    let value = 0;
    for (let i = start; i < start + row; i++) {
      value += (bytes[i] ?? 0) | ((bytes[count + i] ?? 0) << 8);
      hu[i] = value;
    }
  }
  return hu;
}

/** The inverse of `decodeHu`, for phantoms and tests. */
export function encodeHu(hu: Int16Array, size: Vec3): Uint8Array {
  const row = size[0];
  const bytes = new Uint8Array(hu.length * 2);
  for (let i = 0; i < hu.length; i++) {
    const delta = (hu[i] ?? 0) - (i % row === 0 ? 0 : (hu[i - 1] ?? 0));
    bytes[i] = delta & 0xff;
    bytes[hu.length + i] = (delta >> 8) & 0xff;
  }
  return bytes;
}

/**
 * Trilinear enlargement of the preview to full size, the coarse ground on which bricks are laid.
 * One voxel of the preview covers `factor` voxels; the last may reach beyond the volume.
 */
export function enlarge(from: Int16Array, fromSize: Vec3, factor: Vec3, toSize: Vec3): Int16Array {
  const [fx, fy, fz] = fromSize;
  const [tx, ty, tz] = toSize;
  const out = new Int16Array(tx * ty * tz);
  const xs = Array.from({ length: tx }, (_, i) => neighbours(i, factor[0], fx));
  const x0 = Int32Array.from(xs, (n) => n[0]);
  const x1 = Int32Array.from(xs, (n) => n[1]);
  const xw = Float32Array.from(xs, (n) => n[2]);
  const line = new Float32Array(fx);
  for (let z = 0; z < tz; z++) {
    const [z0, z1, zw] = neighbours(z, factor[2], fz);
    for (let y = 0; y < ty; y++) {
      const [y0, y1, yw] = neighbours(y, factor[1], fy);
      const [a, b, c, d] = [(z0 * fy + y0) * fx, (z0 * fy + y1) * fx, (z1 * fy + y0) * fx, (z1 * fy + y1) * fx];
      for (let x = 0; x < fx; x++) {
        const near = (from[a + x] ?? 0) * (1 - yw) + (from[b + x] ?? 0) * yw;
        const far = (from[c + x] ?? 0) * (1 - yw) + (from[d + x] ?? 0) * yw;
        line[x] = near * (1 - zw) + far * zw;
      }
      const row = (z * ty + y) * tx;
      for (let x = 0; x < tx; x++) {
        const w = xw[x] ?? 0;
        out[row + x] = (line[x0[x] ?? 0] ?? 0) * (1 - w) + (line[x1[x] ?? 0] ?? 0) * w;
      }
    }
  }
  return out;
}

/** The two source samples around target sample `i` and the weight of the second. */
function neighbours(i: number, factor: number, from: number): [number, number, number] {
  const at = Math.min(Math.max((i + 0.5) / factor - 0.5, 0), from - 1);
  const low = Math.floor(at);
  return [low, Math.min(low + 1, from - 1), at - low];
}

/** Writes a block into a larger volume; both x fastest. */
export function writeBlock(into: Int16Array, size: Vec3, block: Int16Array, origin: Vec3, blockSize: Vec3): void {
  const [bx, by, bz] = blockSize;
  for (let z = 0; z < bz; z++)
    for (let y = 0; y < by; y++) {
      const from = (z * by + y) * bx;
      const to = ((origin[2] + z) * size[1] + origin[1] + y) * size[0] + origin[0];
      into.set(block.subarray(from, from + bx), to);
    }
}
