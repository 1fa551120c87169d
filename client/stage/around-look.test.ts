import { Vector3 } from 'three';
import { describe, expect, it } from 'vitest';
import { aroundShape } from './around';
import { AHEAD, dragged, headingOf, keyed, looked } from './around-look';

describe('looking round in a picture of all around', () => {
  it('goes right by the right arrow, and right round to where it began', () => {
    let look = AHEAD;
    for (let step = 0; step < 12; step++) look = keyed(look, 'ArrowRight') ?? AHEAD;
    expect(headingOf(look)).toBe(90);
    for (let step = 0; step < 36; step++) look = keyed(look, 'ArrowRight') ?? AHEAD;
    expect(headingOf(look)).toBe(0);
    expect(look.yaw).toBeCloseTo(0, 9);
  });

  it('sees the zenith and the ground, and goes over neither', () => {
    let look = AHEAD;
    for (let step = 0; step < 30; step++) look = keyed(look, 'ArrowUp') ?? AHEAD;
    expect(look.pitch).toBeCloseTo(Math.PI / 2, 1);
    expect(look.pitch).toBeLessThan(Math.PI / 2);
    expect(looked(look, { pitch: -9 }).pitch).toBeCloseTo(-Math.PI / 2, 1);
  });

  it('keeps under the finger what is under it', () => {
    // A quarter of the view's height is a quarter of what is seen from top to bottom.
    const look = dragged(AHEAD, 100, 100, 400);
    const quarter = (AHEAD.fov_deg / 4 / 180) * Math.PI;
    expect(look.yaw).toBeCloseTo(-quarter, 9);
    expect(look.pitch).toBeCloseTo(quarter, 9);
  });

  it('comes nearer within bounds, and looks ahead again', () => {
    let look = AHEAD;
    for (let step = 0; step < 30; step++) look = keyed(look, '+') ?? AHEAD;
    expect(look.fov_deg).toBe(35);
    for (let step = 0; step < 60; step++) look = keyed(look, '-') ?? AHEAD;
    expect(look.fov_deg).toBe(100);
    expect(keyed(look, 'Home')).toEqual(AHEAD);
    expect(keyed(look, 'x')).toBeUndefined();
  });

  it('has the middle of the picture ahead, and its right quarter to the right', () => {
    const shape = aroundShape(1);
    const [at, uv] = [shape.getAttribute('position'), shape.getAttribute('uv')];
    const where = (u: number): Vector3 => {
      for (let i = 0; i < uv.count; i++) {
        if (Math.abs(uv.getX(i) - u) < 1e-6 && Math.abs(uv.getY(i) - 0.5) < 1e-6) return new Vector3().fromBufferAttribute(at, i);
      }
      throw new Error('no such corner');
    };
    expect(where(0.5).distanceTo(new Vector3(0, 0, -1))).toBeLessThan(1e-6);
    expect(where(0.75).distanceTo(new Vector3(1, 0, 0))).toBeLessThan(1e-6);
  });
});
