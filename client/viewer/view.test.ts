import { describe, expect, test } from 'vitest';
import type { Plane } from './plane';
import { FIRST_VIEW, barLength_mm, edgesOnScreen, fitted, matrixOf, mirroredAcross, mirroredDown, perMillimetre, shifted, toPixel, toScreen, turned, zoomed } from './view';
import type { View } from './view';

const PANE = { width: 300, height: 200 };
const plane: Plane = {
  columns: 100,
  rows: 50,
  spacing_mm: [0.5, 2],
  spacingSource: 'patient',
  place: undefined,
  thickness_mm: undefined,
};
const EDGES = { right: 'L', left: 'R', top: 'A', bottom: 'P' };

/** Where a pixel lies on the screen relative to the middle. */
const on = (view: View, x: number, y: number): [number, number] => {
  const at = toScreen(matrixOf(plane, view, PANE), { x, y });
  return [at.x - PANE.width / 2, at.y - PANE.height / 2];
};

describe('a view', () => {
  test('fits the picture true to scale, though its pixels are no squares', () => {
    // 50 mm × 100 mm into 300 × 200: two CSS pixels a millimetre.
    expect(perMillimetre(plane, FIRST_VIEW, PANE)).toBeCloseTo(2);
    const [left, top] = on(FIRST_VIEW, -0.5, -0.5);
    expect(left).toBeCloseTo(-50);
    expect(top).toBeCloseTo(-100);
  });

  test('finds back from the screen to the pixel in every pose', () => {
    let view: View = zoomed(shifted(FIRST_VIEW, 13, -7), 3, { x: 20, y: 30 }, PANE);
    for (let step = 0; step < 8; step++) {
      view = step === 4 ? mirroredAcross(view) : turned(view);
      const matrix = matrixOf(plane, view, PANE);
      const back = toPixel(matrix, toScreen(matrix, { x: 17.25, y: 41.5 }));
      expect(back.x).toBeCloseTo(17.25);
      expect(back.y).toBeCloseTo(41.5);
    }
  });

  test('zooms about the pointer', () => {
    const at = { x: 220, y: 40 };
    const before = toPixel(matrixOf(plane, FIRST_VIEW, PANE), at);
    const after = toPixel(matrixOf(plane, zoomed(FIRST_VIEW, 2.5, at, PANE), PANE), at);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  test.each([0, 1, 2, 3])('mirrors as seen after %j turns', (turns) => {
    let view: View = FIRST_VIEW;
    for (let i = 0; i < turns; i++) view = turned(view);
    const [x, y] = on(view, 80, 10);
    const across = on(mirroredAcross(view), 80, 10);
    expect(across[0]).toBeCloseTo(-x);
    expect(across[1]).toBeCloseTo(y);
    const down = on(mirroredDown(view), 80, 10);
    expect(down[0]).toBeCloseTo(x);
    expect(down[1]).toBeCloseTo(-y);
  });

  test('letters go with the picture', () => {
    expect(edgesOnScreen(EDGES, FIRST_VIEW)).toEqual(EDGES);
    // A quarter turn clockwise takes the right edge to the bottom.
    expect(edgesOnScreen(EDGES, turned(FIRST_VIEW))).toEqual({ right: 'A', bottom: 'L', left: 'P', top: 'R' });
    expect(edgesOnScreen(EDGES, mirroredAcross(FIRST_VIEW))).toEqual({ right: 'R', left: 'L', top: 'A', bottom: 'P' });
    expect(edgesOnScreen(EDGES, mirroredDown(FIRST_VIEW))).toEqual({ right: 'L', left: 'R', top: 'P', bottom: 'A' });
    expect(edgesOnScreen(EDGES, mirroredAcross(turned(FIRST_VIEW)))).toEqual({ right: 'P', bottom: 'L', left: 'A', top: 'R' });
  });

  test('fits again without turning back', () => {
    const view = fitted(shifted(turned(FIRST_VIEW), 5, 5));
    expect(view).toEqual({ ...FIRST_VIEW, turns: 1 });
  });

  test.each([
    [99, 50],
    [50, 50],
    [49, 20],
    [1.5, 1],
    [0.7, 0.5],
  ])('a bar of at most %j mm is %j mm', (most, length) => {
    expect(barLength_mm(most)).toBeCloseTo(length);
  });
});
