import type { Vec3 } from '../frames';

/** Denser than this is taken for body, clothes or couch. */
const SOLID_HU = -500;

/**
 * The inside of the body on the preview's grid: 255 inside, 0 outside; skin and couch are left out, so that
 * a hologram need not be seen through them. A help for looking, no segmentation to measure on.
 */
export function bodyMask(hu: Int16Array, size: Vec3, spacing_mm: Vec3, skin_mm = 7): Uint8Array {
  const solid = Uint8Array.from(hu, (value) => (value > SOLID_HU ? 1 : 0));
  // A couch that touches the back is parted from it by taking a thin rim off first.
  const rim = Math.max(1, Math.round(3 / spacing_mm[0]));
  const largest = largestPart(erode(solid, size, rim), size);
  const body = fillSlices(dilate(largest, size, rim), size);
  const inside = erode(body, size, Math.max(1, Math.round(skin_mm / spacing_mm[0])));
  return inside.map((value) => value * 255);
}

/** The largest part connected by faces. */
function largestPart(mask: Uint8Array, [nx, ny, nz]: Vec3): Uint8Array {
  const label = new Int32Array(mask.length);
  const queue = new Int32Array(mask.length);
  let count = 0;
  let best = 0;
  let bestSize = 0;
  for (let seed = 0; seed < mask.length; seed++) {
    if (!mask[seed] || label[seed]) continue;
    count += 1;
    let end = 0;
    queue[end++] = seed;
    label[seed] = count;
    for (let head = 0; head < end; head++) {
      const i = queue[head] ?? 0;
      const x = i % nx;
      const y = Math.floor(i / nx) % ny;
      const z = Math.floor(i / (nx * ny));
      const visit = (ok: boolean, k: number): void => {
        if (!ok || !mask[k] || label[k]) return;
        label[k] = count;
        queue[end++] = k;
      };
      visit(x > 0, i - 1);
      visit(x < nx - 1, i + 1);
      visit(y > 0, i - nx);
      visit(y < ny - 1, i + nx);
      visit(z > 0, i - nx * ny);
      visit(z < nz - 1, i + nx * ny);
    }
    if (end > bestSize) [best, bestSize] = [count, end];
  }
  return Uint8Array.from(label, (l) => (best > 0 && l === best ? 1 : 0));
}

/** Fills what cannot be reached from the edge of each slice: the lungs and the bowel. */
function fillSlices(mask: Uint8Array, [nx, ny, nz]: Vec3): Uint8Array {
  const out = new Uint8Array(mask.length).fill(1);
  const queue = new Int32Array(nx * ny);
  for (let z = 0; z < nz; z++) {
    const base = z * nx * ny;
    let end = 0;
    const visit = (x: number, y: number): void => {
      const i = y * nx + x;
      if (x < 0 || y < 0 || x >= nx || y >= ny || mask[base + i] || !out[base + i]) return;
      out[base + i] = 0;
      queue[end++] = i;
    };
    for (let x = 0; x < nx; x++) [visit(x, 0), visit(x, ny - 1)];
    for (let y = 0; y < ny; y++) [visit(0, y), visit(nx - 1, y)];
    for (let head = 0; head < end; head++) {
      const i = queue[head] ?? 0;
      const [x, y] = [i % nx, Math.floor(i / nx)];
      visit(x - 1, y);
      visit(x + 1, y);
      visit(x, y - 1);
      visit(x, y + 1);
    }
  }
  return out;
}

const erode = (mask: Uint8Array, size: Vec3, radius: number): Uint8Array => spread(mask, size, radius, 0);
const dilate = (mask: Uint8Array, size: Vec3, radius: number): Uint8Array => spread(mask, size, radius, 1);

/** Spreads `value` by `radius` voxels within each slice; the scan's edge spreads nothing. */
function spread(mask: Uint8Array, [nx, ny, nz]: Vec3, radius: number, value: 0 | 1): Uint8Array {
  let now = mask;
  for (let round = 0; round < radius; round++) {
    const next = now.slice();
    for (let row = 0; row < ny * nz; row++) {
      const y = row % ny;
      for (let x = 0; x < nx; x++) {
        const i = row * nx + x;
        if (now[i] !== value) continue;
        if (x > 0) next[i - 1] = value;
        if (x < nx - 1) next[i + 1] = value;
        if (y > 0) next[i - nx] = value;
        if (y < ny - 1) next[i + nx] = value;
      }
    }
    now = next;
  }
  return now;
}
