import { describe, expect, it } from 'vitest';
import { isSame, viewOf, wireOf } from './room-lead';

const HERE = { yaw: 0.25, pitch: 0.1, distance_m: 1.75 };

describe('a view that others follow', () => {
  it('says on the wire what the screen says', () => {
    expect(viewOf(wireOf(HERE), HERE)).toEqual(HERE);
  });

  it('is reached the shorter way round', () => {
    const turned = { ...HERE, yaw: HERE.yaw + 4 * Math.PI };
    expect(viewOf(wireOf(HERE), turned).yaw).toBeCloseTo(turned.yaw, 9);
    expect(viewOf({ yaw_rad: 3, pitch_rad: 0, distance_m: 1 }, { ...HERE, yaw: -3 }).yaw).toBeCloseTo(3 - 2 * Math.PI, 9);
  });

  it('is told again only where it has moved', () => {
    expect(isSame(wireOf(HERE), wireOf({ ...HERE, yaw: HERE.yaw + 1e-4 }))).toBe(true);
    expect(isSame(wireOf(HERE), wireOf({ ...HERE, pitch: HERE.pitch + 0.01 }))).toBe(false);
    expect(isSame(wireOf(HERE), wireOf({ ...HERE, distance_m: 2 }))).toBe(false);
  });
});
