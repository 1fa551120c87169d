import { Matrix4, Vector3 } from 'three';
import { expect, test, vi } from 'vitest';
import { Bounds, distanceToEdge, type FloorPoint } from './bounds';

const SQUARE: FloorPoint[] = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
/** A room with a corner cut out of it. */
const CORNER: FloorPoint[] = [[0, 0], [4, 0], [4, 2], [2, 2], [2, 4], [0, 4]];

test('the nearest edge, from inside and from outside, whichever way round the corners are told', () => {
  for (const area of [SQUARE, [...SQUARE].reverse()]) {
    expect(distanceToEdge(area, [0, 0])).toBeCloseTo(1);
    expect(distanceToEdge(area, [0.8, 0.1])).toBeCloseTo(0.2);
    expect(distanceToEdge(area, [1.5, 0])).toBeCloseTo(-0.5);
    expect(distanceToEdge(area, [2, 2])).toBeCloseTo(-Math.SQRT2);
  }
  expect(distanceToEdge(CORNER, [1.9, 1.9])).toBeCloseTo(Math.hypot(0.1, 0.1));
  expect(distanceToEdge(CORNER, [3, 3])).toBeCloseTo(-1);
});

const SPACE = {} as XRSpace;
const settle = (): Promise<void> => vi.waitFor(() => Promise.resolve());

test('the edge is shown to whoever comes near, with one tick each time', async () => {
  const bounded = { boundsGeometry: SQUARE.map(([x, z]) => ({ x, y: 0, z })) };
  const bounds = new Bounds({ requestReferenceSpace: () => Promise.resolve(bounded) } as unknown as XRSession);
  const onEdge = vi.fn();
  bounds.onEdge = onEdge;
  // The area is one metre aside of the headset's own frame.
  const frame = { getPose: () => ({ transform: { matrix: new Matrix4().makeTranslation(1, 0, 0).elements } }) as unknown as XRPose };
  const goTo = (x: number): boolean => {
    bounds.update(frame, SPACE, new Vector3(x, 1.6, 0));
    return bounds.line.visible;
  };
  expect(goTo(1.9)).toBe(false);
  await settle();
  expect([1, 1.4, 1.6, 1.9, 2.3].map(goTo)).toEqual([false, false, true, true, true]);
  expect(onEdge).toHaveBeenCalledTimes(1);
  expect([1, 1.7].map(goTo)).toEqual([false, true]);
  expect(onEdge).toHaveBeenCalledTimes(2);
  bounds.line.geometry.computeBoundingBox();
  expect(bounds.line.geometry.boundingBox?.max.toArray()).toEqual([2, expect.closeTo(0.01), 1]);
});

test('a device without bounds, or with none set, shows nothing', async () => {
  const frame = { getPose: () => ({ transform: { matrix: new Matrix4().elements } }) as unknown as XRPose };
  for (const answer of [Promise.reject(new Error('not supported')), Promise.resolve({ boundsGeometry: [] }), Promise.resolve({})]) {
    const bounds = new Bounds({ requestReferenceSpace: () => answer } as unknown as XRSession);
    await settle();
    bounds.update(frame, SPACE, new Vector3(9, 1.6, 9));
    expect(bounds.line.visible).toBe(false);
  }
});
