import { describe, expect, test } from 'vitest';
import { counterpart, firstBeside, nearestTo, stepLength_mm, stepOf } from './match';
import type { Plane } from './plane';
import { edgesOf, lettersOf, lpsOf, pixelOf } from './plane';

/** An axial slice at a height. */
const axial = (z_mm: number, frame = '1.2.3', tilt = 0): Plane => ({
  columns: 512,
  rows: 512,
  spacing_mm: [0.7, 0.7],
  spacingSource: 'patient',
  place: {
    origin_lps_mm: [-180, -180, z_mm],
    right_lps: [1, 0, 0],
    down_lps: [0, Math.cos(tilt), Math.sin(tilt)],
    frameOfReference: frame,
  },
  thickness_mm: 5,
});
const stack = (first_mm: number, step_mm: number, count: number, frame?: string): Plane[] =>
  Array.from({ length: count }, (_, at) => axial(first_mm + at * step_mm, frame));

describe('two stacks of one frame of reference', () => {
  const now = stack(0, 5, 40);
  const prior = stack(195, -2, 100);

  test('go together by position, whatever their steps and directions', () => {
    expect(stepOf(now[0], prior[0])).toBe('position');
    for (const index of [0, 7, 39]) {
      const beside = counterpart({ from: now, to: prior, beside: { from: 0, to: 0 } }, index);
      const z = prior[beside ?? -1]?.place?.origin_lps_mm[2] ?? Number.NaN;
      expect(Math.abs(z - index * 5)).toBeLessThanOrEqual(2.5);
    }
  });

  test('have no counterpart where the other scan does not reach', () => {
    expect(counterpart({ from: stack(0, 5, 100), to: now, beside: { from: 0, to: 0 } }, 80)).toBeUndefined();
    expect(nearestTo(axial(400), now)).toEqual({ index: 39, distance_mm: 205 });
  });

  test('know their step', () => {
    expect(stepLength_mm(prior)).toBeCloseTo(2);
    expect(stepLength_mm([axial(0)])).toBeUndefined();
  });
});

describe('stacks that do not lie in one frame', () => {
  test('go the same distance from where they were left, whatever their steps and directions', () => {
    // The prior lies 1000 mm further, runs downward, and has slices of 2 mm.
    const [now, prior] = [stack(0, 5, 40), stack(1195, -2, 100, '9.9')];
    expect(stepOf(now[0], prior[0])).toBe('distance');
    // 50 mm were put beside 1045 mm.
    const beside = { from: 10, to: 75 };
    expect(counterpart({ from: now, to: prior, beside }, 10)).toBe(75);
    expect(counterpart({ from: now, to: prior, beside }, 20)).toBe(50);
    expect(counterpart({ from: now, to: prior, beside: { from: 10, to: 95 } }, 0)).toBeUndefined();
    expect(counterpart({ from: prior, to: now, beside: { from: 75, to: 10 } }, 50)).toBe(20);
  });

  test('begin as deep in the one as in the other', () => {
    expect(firstBeside(stack(0, 5, 41), stack(500, 2, 101, '9.9'), 10)).toBe(25);
    expect(firstBeside(stack(0, 5, 41), stack(700, -2, 101, '9.9'), 10)).toBe(75);
    expect(firstBeside(stack(0, 5, 40), stack(195, -2, 100), 10)).toBe(72);
  });

  test('go together by number, shifted as they were left, where nobody says where they lie', () => {
    const unplaced = (count: number): Plane[] => stack(0, 5, count).map((plane) => ({ ...plane, place: undefined }));
    const [now, prior] = [unplaced(40), unplaced(30)];
    const to = (shift: number, index: number): number | undefined => counterpart({ from: now, to: prior, beside: { from: 0, to: shift } }, index);
    expect([to(3, 10), to(3, 39), to(-3, 1)]).toEqual([13, 29, 0]);
    expect(counterpart({ from: now, to: [], beside: { from: 0, to: 0 } }, 1)).toBeUndefined();
  });

  test('so do slices of different tilt', () => {
    expect(stepOf(axial(0), axial(0, '1.2.3', 0.6))).toBe('index');
    expect(stepOf(axial(0), axial(0, '1.2.3', 0.05))).toBe('position');
    expect(stepOf(axial(0), { ...axial(0), place: undefined })).toBe('index');
  });
});

describe('a plane', () => {
  test('finds pixels in the patient and back', () => {
    const plane = axial(30, '1', 0.3);
    const point = lpsOf(plane, { x: 100, y: 200 }) ?? [0, 0, 0];
    const back = pixelOf(plane, point);
    expect(back?.x).toBeCloseTo(100);
    expect(back?.y).toBeCloseTo(200);
    expect(back?.depth_mm).toBeCloseTo(0);
  });

  test('has letters at its edges, two where it slants', () => {
    expect(edgesOf({ origin_lps_mm: [0, 0, 0], right_lps: [1, 0, 0], down_lps: [0, 1, 0], frameOfReference: '1' })).toEqual({
      right: 'L',
      left: 'R',
      bottom: 'P',
      top: 'A',
    });
    expect(lettersOf([0, Math.SQRT1_2, -Math.SQRT1_2 + 0.01])).toBe('PF');
    expect(lettersOf([0, 0, -1])).toBe('F');
  });
});
