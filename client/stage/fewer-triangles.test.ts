import { IcosahedronGeometry, Vector3 } from 'three';
import { mergeVertices } from 'three/addons/utils/BufferGeometryUtils.js';
import { expect, test } from 'vitest';
import type { SurfaceMesh } from '../core/volume/surface-file';
import { withFewerTriangles } from './fewer-triangles';

const RADIUS_mm = 40;

/** A ball of many triangles. */
function ball(): SurfaceMesh {
  const made = mergeVertices(new IcosahedronGeometry(RADIUS_mm, 40).deleteAttribute('normal').deleteAttribute('uv'), 1e-3);
  const positions_lps_mm = new Float32Array(made.getAttribute('position').array);
  return { positions_lps_mm, normals_lps: positions_lps_mm.map((mm) => mm / RADIUS_mm), indices: new Uint32Array(made.getIndex()?.array ?? []) };
}

/** How deep the middle of the deepest triangle lies below the ball. */
function deepest_mm({ positions_lps_mm: at, indices }: SurfaceMesh): number {
  let deepest = 0;
  for (let i = 0; i < indices.length; i += 3) {
    const middle = [0, 1, 2].reduce((sum, k) => sum.add(new Vector3().fromArray(at, (indices[i + k] ?? 0) * 3)), new Vector3()).divideScalar(3);
    deepest = Math.max(deepest, RADIUS_mm - middle.length());
  }
  return deepest;
}

test('a surface keeps its shape within what is asked for, and its vertices', async () => {
  const whole = ball();
  for (const most_mm of [0.2, 0.75]) {
    const fewer = await withFewerTriangles(whole, most_mm);
    expect(fewer.indices.length).toBeLessThan(whole.indices.length / 2);
    expect(fewer.indices.length).toBeGreaterThanOrEqual(whole.indices.length / 12 - 3);
    expect(deepest_mm(fewer)).toBeLessThan(deepest_mm(whole) + 2 * most_mm);
    expect(fewer.positions_lps_mm).toBe(whole.positions_lps_mm);
  }
});
