import { describe, expect, test } from 'vitest';
import { counterpart, nearestTo, stepLength_mm, stepOf } from './match';
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
      const beside = counterpart({ from: now, to: prior, shift: 0 }, index);
      const z = prior[beside ?? -1]?.place?.origin_lps_mm[2] ?? Number.NaN;
      expect(Math.abs(z - index * 5)).toBeLessThanOrEqual(2.5);
    }
  });

  test('have no counterpart where the other scan does not reach', () => {
    expect(counterpart({ from: stack(0, 5, 100), to: now, shift: 0 }, 80)).toBeUndefined();
    expect(nearestTo(axial(400), now)).toEqual({ index: 39, distance_mm: 205 });
  });

  test('know their step', () => {
    expect(stepLength_mm(prior)).toBeCloseTo(2);
    expect(stepLength_mm([axial(0)])).toBeUndefined();
  });
});

describe('stacks that do not lie in one frame', () => {
  test('go together by number, shifted as they were left', () => {
    const [now, prior] = [stack(0, 5, 40), stack(0, 5, 30, '9.9')];
    expect(stepOf(now[0], prior[0])).toBe('index');
    expect(counterpart({ from: now, to: prior, shift: 3 }, 10)).toBe(13);
    expect(counterpart({ from: now, to: prior, shift: 3 }, 39)).toBe(29);
    expect(counterpart({ from: now, to: prior, shift: -3 }, 1)).toBe(0);
    expect(counterpart({ from: now, to: [], shift: 0 }, 1)).toBeUndefined();
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
