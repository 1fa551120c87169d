/** The surface around the voxels of a mask, by naive surface nets (Gibson 1998): one vertex in each cell that it cuts. */
import { lpsFromVoxel } from '../core/frames';
import type { Vec3 } from '../core/frames';
import type { VoxelMask } from '../viewer/mask';

export interface MaskSurface {
  /** LPS, mm; three for each vertex. */
  readonly positions_lps_mm: Float32Array;
  /** Triangles, counter-clockwise from outside. */
  readonly indices: Uint32Array;
}

const CORNERS = [0, 1, 2, 3, 4, 5, 6, 7].map((c) => [c & 1, (c >> 1) & 1, (c >> 2) & 1] as const);
/** The twelve edges of a cell, as pairs of its corners. */
const EDGES = [[0, 1], [2, 3], [4, 5], [6, 7], [0, 2], [1, 3], [4, 6], [5, 7], [0, 4], [1, 5], [2, 6], [3, 7]] as const;
const AXES = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] as const;

export function surfaceOf(mask: VoxelMask): MaskSurface {
  const [nx, ny, nz] = mask.size;
  const at = (x: number, y: number, z: number): number => (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz ? 0 : (mask.bits[(z * ny + y) * nx + x] ?? 0));
  const positions: number[] = [];
  const vertices = new Map<number, number>();
  // Cells lie between the centres of eight voxels, one beyond the box on each side.
  const cell = (x: number, y: number, z: number): number => ((z + 1) * (ny + 1) + y + 1) * (nx + 1) + x + 1;
  for (let z = -1; z < nz; z++) {
    for (let y = -1; y < ny; y++) {
      for (let x = -1; x < nx; x++) {
        const inside = CORNERS.map(([dx, dy, dz]) => at(x + dx, y + dy, z + dz));
        const cut = EDGES.filter(([a, b]) => inside[a] !== inside[b]);
        if (cut.length === 0) continue;
        const middle = [0, 0, 0];
        for (const [a, b] of cut) for (const axis of [0, 1, 2]) middle[axis] = (middle[axis] ?? 0) + ((CORNERS[a]?.[axis] ?? 0) + (CORNERS[b]?.[axis] ?? 0)) / 2 / cut.length;
        vertices.set(cell(x, y, z), positions.length / 3);
        const [ox, oy, oz] = mask.origin;
        positions.push(...lpsFromVoxel(mask.grid, [ox + x + (middle[0] ?? 0), oy + y + (middle[1] ?? 0), oz + z + (middle[2] ?? 0)] as Vec3));
      }
    }
  }
  return { positions_lps_mm: new Float32Array(positions), indices: new Uint32Array(facesOf(mask, at, (x, y, z) => vertices.get(cell(x, y, z)) ?? 0)) };
}

/** A quad for each pair of neighbouring voxels of which one is inside, across the edge between them. */
function facesOf(mask: VoxelMask, at: (x: number, y: number, z: number) => number, vertex: (x: number, y: number, z: number) => number): number[] {
  const [nx, ny, nz] = mask.size;
  const indices: number[] = [];
  for (let z = -1; z < nz; z++) {
    for (let y = -1; y < ny; y++) {
      for (let x = -1; x < nx; x++) {
        AXES.forEach(([dx, dy, dz], axis) => {
          const [here, there] = [at(x, y, z), at(x + dx, y + dy, z + dz)];
          if (here === there) return;
          // The four cells around the edge, in the order of the other two axes.
          const [u, v] = [AXES[(axis + 1) % 3] ?? AXES[0], AXES[(axis + 2) % 3] ?? AXES[0]];
          const corner = (i: number, j: number): number => vertex(x - i * u[0] - j * v[0], y - i * u[1] - j * v[1], z - i * u[2] - j * v[2]);
          const quad = [corner(1, 1), corner(0, 1), corner(0, 0), corner(1, 0)] as const;
          const [a, b, c, d] = here ? quad : [quad[3], quad[2], quad[1], quad[0]];
          indices.push(a, b, c, a, c, d);
        });
      }
    }
  }
  return indices;
}
