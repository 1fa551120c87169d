import { describe, expect, test } from 'vitest';
import { angleOf, areaOf, distanceToSegment, handleAt, lengthOf, statisticsOf } from './measure';
import type { Plane } from './plane';

const plane: Plane = {
  columns: 20,
  rows: 10,
  spacing_mm: [0.5, 2],
  spacingSource: 'patient',
  place: undefined,
  thickness_mm: undefined,
};
const unsized: Plane = { ...plane, spacing_mm: undefined };

describe('lengths and angles', () => {
  test('are in millimetres along each of the spacings', () => {
    expect(lengthOf(plane, { x: 0, y: 0 }, { x: 6, y: 2 })).toEqual({ value: 5, unit: 'mm' });
    expect(areaOf(plane, 'rectangle', { x: 4, y: 3 }, { x: 0, y: 0 })).toEqual({ value: 12, unit: 'mm²' });
    expect(areaOf(plane, 'ellipse', { x: 0, y: 0 }, { x: 4, y: 3 }).value).toBeCloseTo(3 * Math.PI);
  });

  test('are in pixels where nobody knows the size of a pixel', () => {
    expect(lengthOf(unsized, { x: 0, y: 0 }, { x: 3, y: 4 })).toEqual({ value: 5, unit: 'px' });
    expect(areaOf(unsized, 'rectangle', { x: 0, y: 0 }, { x: 3, y: 4 }).unit).toBe('px²');
  });

  test('an angle is that of the patient, not that of the pixels', () => {
    // 2 mm to the right and 2 mm down: 45° although the pixels lie 4 : 1.
    expect(angleOf(plane, { x: 4, y: 0 }, { x: 0, y: 0 }, { x: 4, y: 1 })?.value).toBeCloseTo(45);
    expect(angleOf(plane, { x: 1, y: 0 }, { x: 0, y: 0 }, { x: -1, y: 0 })?.value).toBeCloseTo(180);
    expect(angleOf(plane, { x: 0, y: 0 }, { x: 0, y: 0 }, { x: 1, y: 0 })).toBeUndefined();
  });
});

describe('statistics of a region', () => {
  const ramp = (x: number, y: number): number => x + 100 * y;

  test('count the pixels whose centres lie within', () => {
    const box = statisticsOf(plane, 'rectangle', { x: 2.4, y: 1.2 }, { x: 0.6, y: 0 }, ramp);
    expect(box).toEqual({ count: 4, mean: 51.5, deviation: Math.sqrt(50 ** 2 + 0.25), least: 1, most: 102 });
  });

  test('of an ellipse leave its corners out', () => {
    const round = statisticsOf(plane, 'ellipse', { x: 0, y: 0 }, { x: 4, y: 4 }, () => 7);
    expect(round).toEqual({ count: 13, mean: 7, deviation: 0, least: 7, most: 7 });
  });

  test('end at the picture’s edge, and know nothing beyond it', () => {
    expect(statisticsOf(plane, 'rectangle', { x: 18, y: 8 }, { x: 90, y: 90 }, ramp)?.count).toBe(4);
    expect(statisticsOf(plane, 'rectangle', { x: 30, y: 30 }, { x: 90, y: 90 }, ramp)).toBeUndefined();
    expect(statisticsOf(plane, 'rectangle', { x: 0, y: 0 }, { x: 3, y: 3 }, () => undefined)).toBeUndefined();
  });

  test('keep a small spread beside a large mean', () => {
    const value = (x: number): number => 1e8 + (x % 2);
    expect(statisticsOf(plane, 'rectangle', { x: 0, y: 0 }, { x: 9, y: 9 }, value)?.deviation).toBeCloseTo(0.5, 6);
  });
});

test('the nearest handle within reach is taken', () => {
  const points = [{ x: 0, y: 0 }, { x: 10, y: 0 }];
  expect(handleAt(points, { x: 8, y: 1 }, 5)).toBe(1);
  expect(handleAt(points, { x: 5, y: 5 }, 5)).toBeUndefined();
  expect(distanceToSegment({ x: 5, y: 3 }, { x: 0, y: 0 }, { x: 10, y: 0 })).toBe(3);
  expect(distanceToSegment({ x: 13, y: 4 }, { x: 0, y: 0 }, { x: 10, y: 0 })).toBe(5);
});
