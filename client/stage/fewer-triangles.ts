import type { SurfaceMesh } from '../core/volume/surface-file';

/** No surface keeps less than this share of its triangles. */
const LEAST_SHARE = 1 / 12;

/** The same surface of fewer triangles, nowhere farther than `most_mm` from what it was; for devices to which each is dear. */
export async function withFewerTriangles(surface: SurfaceMesh, most_mm: number): Promise<SurfaceMesh> {
  const { MeshoptSimplifier } = await import('meshoptimizer/simplifier');
  await MeshoptSimplifier.ready;
  const { indices, positions_lps_mm } = surface;
  const least = Math.ceil((indices.length / 3) * LEAST_SHARE) * 3;
  const [fewer] = MeshoptSimplifier.simplify(indices, positions_lps_mm, 3, least, most_mm, ['ErrorAbsolute']);
  return { ...surface, indices: fewer };
}
