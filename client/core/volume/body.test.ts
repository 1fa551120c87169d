import { expect, it } from 'vitest';
import { bodyMask } from './body';

it('keeps the inside of the body with its lungs, and leaves skin and couch out', () => {
  const n = 40;
  const at = (x: number, y: number): number => {
    const r = Math.hypot(x - 20, (y - 16) * 1.2);
    if (r < 5) return -850; // lung
    if (r < 14) return 40;
    return y >= 33 && y <= 34 ? 100 : -1000; // couch
  };
  const hu = Int16Array.from({ length: n * n * 3 }, (_, i) => at(i % n, Math.floor(i / n) % n));
  const mask = bodyMask(hu, [n, n, 3], [3, 3, 5], 6);
  const value = (x: number, y: number): number | undefined => mask[n * n + y * n + x];
  expect([value(20, 16), value(20, 8), value(20, 33), value(20, 4), value(1, 1)]).toEqual([255, 255, 0, 0, 0]);
});
