import { expect, test } from 'vitest';
import { boxOf, cutAt, cutOf, cutThrough, movedCut, movedSide, placeOfCut } from './hologram-cuts';

const GRID = { size: [11, 21, 31], spacing_mm: [1, 1, 1], origin_lps_mm: [-5.5, -10, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const;

test('a plane is known by its largest part, and moves along the patient whichever way it looks', () => {
  expect(cutOf(null)).toBeUndefined();
  expect(cutOf(cutAt('coronal', [1, 2, 3]))).toBe('coronal');
  expect(placeOfCut(cutAt('sagittal', [7, 2, 3]))).toBe(7);
  const towardsFeet = { normal_lps: [0, 0, -1], offset_mm: -40 } as const;
  expect(placeOfCut(towardsFeet)).toBe(40);
  expect(movedCut(towardsFeet, 45)).toEqual({ normal_lps: [0, 0, -1], offset_mm: -45 });
});

test('a plane that stands comes to a point as it is turned; where none stands it lies along the slice', () => {
  expect(cutThrough(null, 'coronal', [1, 2, 3])).toEqual(cutAt('coronal', [1, 2, 3]));
  expect(cutThrough({ normal_lps: [0, 0, -1], offset_mm: -40 }, 'coronal', [1, 2, 3])).toEqual({ normal_lps: [0, 0, -1], offset_mm: -3 });
});

test('a box stays as wide as the server takes', () => {
  const box = boxOf(GRID);
  expect(box).toEqual({ min_lps_mm: [-5, -10, 0], max_lps_mm: [4, 10, 30] });
  expect(movedSide(box, 'min_lps_mm', 2, 12).min_lps_mm).toEqual([-5, -10, 12]);
  expect(movedSide(box, 'min_lps_mm', 2, 29).min_lps_mm).toEqual([-5, -10, 25]);
  expect(movedSide(box, 'max_lps_mm', 1, -40).max_lps_mm).toEqual([4, -5, 30]);
});
