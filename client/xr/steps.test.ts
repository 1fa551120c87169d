import { Quaternion, Vector3 } from 'three';
import { describe, expect, it } from 'vitest';
import type { Transform } from '../core/frames';
import { STEPS, stepped, whereLooked, type Step } from './steps';

const THERE: Transform = { position_m: [0, 1.36, 0], rotation: [0, 0, 0, 1], scale: 2 };
const EYE = new Vector3(0, 1.6, 1.15);

function steps(all: readonly Step[], eye = EYE): Transform {
  return all.reduce((at, step) => stepped(at, step, eye), THERE);
}

/** Where a direction of the hologram points after it was turned. */
const points = ({ rotation }: Transform, x: number, y: number, z: number): number[] => new Vector3(x, y, z).applyQuaternion(new Quaternion(...rotation)).toArray();

describe('moving the hologram by buttons', () => {
  it('goes back by the button opposite', () => {
    for (const pair of [STEPS.slice(0, 2), STEPS.slice(2, 4), STEPS.slice(4, 6), STEPS.slice(6, 8), STEPS.slice(8)]) {
      const back = steps(pair);
      back.position_m.forEach((metres, i) => expect(metres, pair.join()).toBeCloseTo(THERE.position_m[i] ?? NaN, 9));
      back.rotation.forEach((part, i) => expect(part, pair.join()).toBeCloseTo(THERE.rotation[i] ?? NaN, 9));
      expect(back.scale, pair.join()).toBeCloseTo(THERE.scale, 9);
    }
  });

  it('turns and tilts as seen from where one stands', () => {
    expect(points(steps(['turn-left']), 0, 0, 1)[0]).toBeLessThan(-0.2);
    expect(points(steps(['tilt-near']), 0, 1, 0)[2]).toBeGreaterThan(0.2);
    // From behind the table near is the other way.
    expect(points(steps(['tilt-near'], new Vector3(0, 1.6, -1.15)), 0, 1, 0)[2]).toBeLessThan(-0.2);
    expect(points(steps(['tilt-near'], new Vector3(1.15, 1.6, 0)), 0, 1, 0)[0]).toBeGreaterThan(0.2);
  });

  it('comes no nearer than one can look at, goes no farther than one sees, and stays above the floor', () => {
    const many = (step: Step): Transform => steps(Array.from({ length: 60 }, () => step));
    expect(many('nearer').position_m[2]).toBeCloseTo(0.65, 9);
    expect(many('farther').position_m[2]).toBeCloseTo(-2.85, 9);
    expect(many('lower').position_m[1]).toBeCloseTo(0.3, 9);
    expect(many('higher').position_m[1]).toBeCloseTo(2.2, 9);
    expect(many('larger').scale).toBe(20);
  });

  it('goes where one looks, as far away as it was', () => {
    const [x, y, z] = whereLooked(THERE, EYE, new Vector3(1, 0, 0)).position_m;
    expect(x).toBeCloseTo(Math.hypot(0.24, 1.15), 9);
    expect([y, z]).toEqual([1.6, 1.15]);
    expect(whereLooked(THERE, EYE, new Vector3(0, -1, 0)).position_m[1]).toBeCloseTo(0.4252, 3);
    expect(whereLooked({ ...THERE, position_m: [0, 1.6, 1.15] }, EYE, new Vector3(0, 0, -1)).position_m[2]).toBeCloseTo(0.65, 9);
  });
});
