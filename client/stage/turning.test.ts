import { Quaternion, Vector3 } from 'three';
import { describe, expect, it } from 'vitest';
import { between } from '../xr/grip';
import { alike, carried, scaled, turned } from './turning';

const start = { position_m: [0.2, 1.4, -0.3], rotation: [0, 0, 0, 1], scale: 2 } as const;
const rigid = (x: number, y: number, z: number, yaw = 0) => ({ position: new Vector3(x, y, z), rotation: new Quaternion().setFromAxisAngle(new Vector3(0, 1, 0), yaw) });

describe('moving a hologram', () => {
  it('turns back to where it was', () => {
    const there = turned(start, new Vector3(0, 1, 0), 0.7);
    expect(alike(there, start)).toBe(false);
    expect(alike(turned(there, new Vector3(0, 1, 0), -0.7), start)).toBe(true);
  });

  it('keeps to the bounds of the room', () => {
    expect(scaled(start, 1000).scale).toBe(20);
    expect(scaled(start, 1e-9).scale).toBe(0.05);
    expect(scaled(start, NaN)).toBe(start);
  });

  it('goes with the hand, and turns about it', () => {
    expect(carried(start, rigid(0, 1, 0), rigid(0.1, 1, 0)).position_m[0]).toBeCloseTo(0.3, 9);
    const swung = carried(start, rigid(0, 1.4, 0), rigid(0, 1.4, 0, Math.PI));
    expect(swung.position_m[0]).toBeCloseTo(-0.2, 9);
    expect(swung.position_m[2]).toBeCloseTo(0.3, 9);
  });

  it('grows from between two hands that part, and turns as they turn', () => {
    const [a, b] = [between(rigid(-0.1, 1.4, 0), rigid(0.1, 1.4, 0)), between(rigid(-0.2, 1.4, 0), rigid(0.2, 1.4, 0))];
    const grown = carried({ ...start, position_m: [0, 1.4, 0] }, a, b, 2);
    expect(grown.scale).toBe(4);
    expect(grown.position_m[0]).toBeCloseTo(0, 9);
    const quarter = between(rigid(0, 1.4, 0.1), rigid(0, 1.4, -0.1));
    expect(quarter.rotation.angleTo(a.rotation)).toBeCloseTo(Math.PI / 2, 6);
  });
});
