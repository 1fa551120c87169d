import { describe, expect, test } from 'vitest';
import { CT_PRESETS, autoWindow, dragged, greyOf, greyTable } from './window';

const SAME = { slope: 1, intercept: 0 };

describe('a window', () => {
  test.each([
    // PS3.3 C.11.2.1.2.1: with c=2048, w=4096 black ends at 0 and white begins at 4095.
    [0, { centre: 2048, width: 4096 }, 0],
    [4095, { centre: 2048, width: 4096 }, 255],
    [-1, { centre: 2048, width: 4096 }, 0],
    // With c=0, w=100 everything up to −50 is black, above 49 white.
    [-50, { centre: 0, width: 100 }, 0],
    [49, { centre: 0, width: 100 }, 255],
    // w=1, c=0: a threshold at −0.5.
    [-1, { centre: 0, width: 1 }, 0],
    [0, { centre: 0, width: 1 }, 255],
    [0, { centre: 0, width: 100, shape: 'sigmoid' as const }, 127.5],
    [-50, { centre: 0, width: 100, shape: 'linear-exact' as const }, 0],
    [50, { centre: 0, width: 100, shape: 'linear-exact' as const }, 255],
  ])('shows %j by %j as %j', (value, window, grey) => {
    expect(greyOf(value, window)).toBeCloseTo(grey, 6);
  });

  test('goes through slope and intercept, and can be turned over', () => {
    const shades = { rescale: { slope: 1, intercept: -1024 }, window: { centre: 25, width: 50 } };
    const stored = greyTable(1000, 100, { ...shades, inverted: false });
    expect(stored[24]).toBe(0);
    expect(stored[99]).toBe(255);
    const over = greyTable(1000, 100, { ...shades, inverted: true });
    for (let i = 0; i < 100; i++) expect((stored[i] ?? 0) + (over[i] ?? 0)).toBeGreaterThanOrEqual(254);
  });

  test('never becomes narrower than one by dragging', () => {
    expect(dragged(CT_PRESETS.brain, -10_000, 0).width).toBe(1);
    expect(dragged(CT_PRESETS.lung, 0, 10).centre).toBeGreaterThan(CT_PRESETS.lung.centre);
  });
});

describe('an automatic window', () => {
  test('leaves out the padding and the outliers', () => {
    const samples = new Int16Array(10_000).map((_, i) => (i < 5000 ? -2000 : i % 101));
    samples[5001] = 30_000;
    const window = autoWindow(samples, SAME, -2000);
    expect(window.centre - window.width / 2).toBeGreaterThanOrEqual(0);
    expect(window.centre + window.width / 2).toBeLessThanOrEqual(100);
    expect(window.width).toBeGreaterThan(90);
  });

  test('turns with a negative slope', () => {
    const window = autoWindow(Int16Array.from([0, 10, 20]), { slope: -1, intercept: 0 }, undefined);
    expect(window).toEqual({ centre: -10, width: 20 });
  });

  test('is there for a picture of one value or of padding only', () => {
    expect(autoWindow(new Uint8Array(9).fill(7), SAME, undefined)).toEqual({ centre: 7, width: 1 });
    expect(autoWindow(new Uint8Array(9), SAME, 0).width).toBe(1);
  });
});
