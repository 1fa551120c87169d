import type { Vec3 } from '../core/frames';
import type { SurfaceMesh } from '../core/volume/surface-file';

/** Where a surface meets the plane `normal · p = offset_mm`: pairs of points, each a segment. */
export function outline({ positions_lps_mm: p, indices }: SurfaceMesh, normal: Vec3, offset_mm: number): [Vec3, Vec3][] {
  const point = (i: number): Vec3 => [p[i * 3] ?? 0, p[i * 3 + 1] ?? 0, p[i * 3 + 2] ?? 0];
  const above = new Float32Array(p.length / 3);
  for (let i = 0; i < above.length; i++) above[i] = normal[0] * (p[i * 3] ?? 0) + normal[1] * (p[i * 3 + 1] ?? 0) + normal[2] * (p[i * 3 + 2] ?? 0) - offset_mm;
  const segments: [Vec3, Vec3][] = [];
  for (let t = 0; t + 2 < indices.length; t += 3) {
    const [i0, i1, i2] = [indices[t] ?? 0, indices[t + 1] ?? 0, indices[t + 2] ?? 0];
    const isBelow = (above[i0] ?? 0) < 0;
    // Most triangles of a large surface lie on one side.
    if (isBelow === (above[i1] ?? 0) < 0 && isBelow === (above[i2] ?? 0) < 0) continue;
    const corners = [point(i0), point(i1), point(i2)];
    const heights = [above[i0], above[i1], above[i2]];
    const crossings: Vec3[] = [];
    for (let i = 0; i < 3; i++) {
      const j = (i + 1) % 3;
      const [a, b, ha, hb] = [corners[i], corners[j], heights[i] ?? 0, heights[j] ?? 0];
      if (!a || !b || ha < 0 === hb < 0) continue;
      const f = ha / (ha - hb);
      crossings.push([a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f, a[2] + (b[2] - a[2]) * f]);
    }
    if (crossings[0] && crossings[1]) segments.push([crossings[0], crossings[1]]);
  }
  return segments;
}

/** A whole number of millimetres, 1, 2 or 5 times a power of ten, that fits into `most_mm`. */
export function rulerLength(most_mm: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1e-6, most_mm)));
  const factor = [5, 2, 1].find((f) => f * power <= most_mm) ?? 1;
  return factor * power;
}
