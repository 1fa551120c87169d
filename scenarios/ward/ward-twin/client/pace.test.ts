import { describe, expect, test } from 'vitest';
import { heartScale, lungScale, moves, paceOf, turned } from './pace';
import type { BedView, VitalNow } from './ward';

const vital = (signal: string, value: number, fresh = true): VitalNow => ({ signal, label: { zh: signal, en: signal }, unit: '/min', decimals: 0, value, fresh });
const bed = (...vitals: VitalNow[]): BedView => ({ vitals }) as unknown as BedView;

test('a beat and a breath take as long as they are measured to', () => {
  expect(paceOf(bed(vital('heart-rate', 75), vital('respiratory-rate', 15)))).toEqual({ heart: 0.8, lungs: 4 });
  expect(paceOf(bed(vital('heart-rate', 75, false), vital('pulse', 60)))).toEqual({ heart: 1, lungs: undefined });
});

test('what is old, zero or not measured does not move', () => {
  for (const nothing of [bed(), bed(vital('heart-rate', 75, false), vital('respiratory-rate', 15, false)), bed(vital('heart-rate', 0))]) expect(moves(paceOf(nothing))).toBe(false);
  expect(turned(0.7, undefined, 1)).toBe(0);
  expect([heartScale(0), lungScale(0)]).toEqual([1, [1, 1, 1]]);
});

describe('over a minute', () => {
  /** Beats counted as times that the phase began anew, at 15 frames a second. */
  const counted = (rate: number): number => {
    let [phase, beats] = [0, 0];
    for (let n = 0; n < 15 * 60; n++) {
      const next = turned(phase, 60 / rate, 1 / 15);
      if (next < phase) beats += 1;
      phase = next;
    }
    return beats;
  };
  test.each([12, 60, 118, 180])('%i are seen', (rate) => expect(Math.abs(counted(rate) - rate)).toBeLessThanOrEqual(1));
});

test('a rate that changes goes on from where the organ was', () => {
  const half = turned(0, 1, 0.5);
  expect(turned(half, 2, 0)).toBe(half);
  expect(heartScale(0.19)).toBeLessThan(0.9);
  expect(heartScale(0.9)).toBe(1);
  expect(lungScale(0.5)[2]).toBeGreaterThan(1.05);
});
