import { describe, expect, it } from 'vitest';
import { DWELLS_S, DWELL_S, Dwell } from './dwell';

const STEP = DWELL_S / 4;

function look(dwell: Dwell, target: Parameters<Dwell['look']>[0], steps: number): number {
  return Array.from({ length: steps }, () => dwell.look(target, STEP)).filter(Boolean).length;
}

describe('choosing by looking', () => {
  it('takes its time, and chooses once', () => {
    const dwell = new Dwell();
    expect(look(dwell, 'undo', 4)).toBe(0);
    expect(dwell.share).toBeCloseTo(0.75);
    expect(look(dwell, 'undo', 12)).toBe(1);
    expect(dwell.share).toBe(0);
  });

  it('takes as long as one has chosen', () => {
    for (const time_s of DWELLS_S) {
      const dwell = new Dwell();
      dwell.time_s = time_s;
      dwell.look('undo', 0);
      expect(dwell.look('undo', time_s * 0.9)).toBe(false);
      expect(dwell.share).toBeCloseTo(0.9);
      expect(dwell.look('undo', time_s * 0.2)).toBe(true);
    }
  });

  it('chooses again only after looking away', () => {
    const dwell = new Dwell();
    expect(look(dwell, 'undo', 5)).toBe(1);
    look(dwell, undefined, 1);
    expect(look(dwell, 'undo', 5)).toBe(1);
  });

  it('goes on with a step as long as it is looked at, and with nothing that takes its place', () => {
    const dwell = new Dwell();
    const rest = (target: string, steps: number, repeats: boolean): number =>
      Array.from({ length: steps }, () => dwell.look(target, STEP, [0, 1, 0], repeats)).filter(Boolean).length;
    expect(rest('move:larger', 13, true)).toBe(3);
    expect(rest('page:view', 12, false)).toBe(0);
    // What was blocked once stays so until the eyes have moved, a step too.
    expect(rest('move:larger', 12, true)).toBe(0);
  });

  it('begins anew at another button, and elsewhere on the hologram', () => {
    const dwell = new Dwell();
    look(dwell, 'undo', 4);
    expect(look(dwell, 'lung', 4)).toBe(0);
    look(dwell, [0, 1, 0], 4);
    expect(look(dwell, [0.2, 1, 0], 4)).toBe(0);
    expect(look(dwell, [0.21, 1, 0], 1)).toBe(1);
  });

  it('does not choose what takes the place of what was chosen before the eyes have moved', () => {
    const dwell = new Dwell();
    const rest = (target: string, steps: number, at: readonly [number, number, number]): number =>
      Array.from({ length: steps }, () => dwell.look(target, STEP, at)).filter(Boolean).length;
    expect(rest('page:cut', 5, [0, 1, 0])).toBe(1);
    expect(rest('page:view', 12, [0.01, 1, 0])).toBe(0);
    expect(dwell.share).toBe(0);
    rest('cut:axial', 1, [0.1, 1, 0]);
    expect(rest('page:view', 5, [0, 1, 0])).toBe(1);
  });
});
