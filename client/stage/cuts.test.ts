import { Matrix4, Vector3, Vector4 } from 'three';
import { describe, expect, it } from 'vitest';
import { localFromUnit } from '../core/frames';
import { CROP_SIDES, Cuts, inBox, sidesOf } from './cuts';

const BOX = { min_lps_mm: [-10, -20, -30], max_lps_mm: [40, 50, 60] } as const;
const INSIDE = [0, 0, 0] as const;
const OUTSIDE = [[41, 0, 0], [-11, 0, 0], [0, 51, 0], [0, -21, 0], [0, 0, 61], [0, 0, -31]] as const;

describe('a crop box', () => {
  it('holds what lies between its corners, and none holds everything', () => {
    expect(inBox(BOX, INSIDE)).toBe(true);
    for (const point of OUTSIDE) expect(inBox(BOX, point)).toBe(false);
    expect(inBox(null, [1e5, 0, 0])).toBe(true);
  });

  it('has a side that keeps the inside and leaves out each point beyond it', () => {
    const beyond = (point: readonly [number, number, number]): number =>
      sidesOf(BOX).filter(({ normal_lps: n, offset_mm }) => n[0] * point[0] + n[1] * point[1] + n[2] * point[2] > offset_mm).length;
    expect(beyond(INSIDE)).toBe(0);
    for (const point of OUTSIDE) expect(beyond(point)).toBe(1);
  });

  it('cuts surfaces in the room and rays in the unit cube alike', () => {
    const grid = { size: [101, 101, 101], spacing_mm: [2, 2, 2], origin_lps_mm: [-100, -100, -100], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const;
    const unit = new Matrix4().fromArray(localFromUnit(grid));
    const [clip, crop] = [new Vector4(), Array.from({ length: CROP_SIDES }, () => new Vector4())];
    const cuts = new Cuts([0, 0, 0]);
    cuts.set({ clip: null, crop: BOX }, new Matrix4(), unit, clip, crop);
    expect(clip.toArray()).toEqual([0, 0, 0, 0]);
    const local = (p: readonly [number, number, number]): Vector3 => new Vector3(p[0], p[2], -p[1]).multiplyScalar(0.001);
    for (const point of [INSIDE, ...OUTSIDE]) {
      const u = local(point).applyMatrix4(unit.clone().invert());
      const byRays = crop.every((w) => w.x * u.x + w.y * u.y + w.z * u.z <= w.w + 1e-9);
      const bySurfaces = cuts.planes.every((plane) => plane.distanceToPoint(local(point)) >= -1e-9);
      expect([byRays, bySurfaces]).toEqual([inBox(BOX, point), inBox(BOX, point)]);
    }
  });
});
