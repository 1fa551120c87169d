import { describe, expect, it } from 'vitest';
import { PRESETS, presetWeights, transferTable, windowTable } from './transfer';
import { visibleFrom } from './picking';

describe('windows', () => {
  it('is black at the lower edge, white at the upper, grey in the middle', () => {
    const table = windowTable({ centre_hu: 40, width_hu: 400 });
    const at = (hu: number): number | undefined => table[hu + 1024];
    expect([at(-160), at(-1024), at(240), at(3000)]).toEqual([0, 0, 255, 255]);
    expect(Math.abs((at(40) ?? 0) - 128)).toBeLessThanOrEqual(1);
  });

  it('gives each preset wholly at its own window, and a mixture between', () => {
    for (const [name, preset] of Object.entries(PRESETS)) expect(presetWeights(preset)[name as 'lung']).toBeGreaterThan(0.999);
    const between = presetWeights({ centre_hu: 170, width_hu: 490 });
    expect(Object.values(between).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    expect(between.mediastinum).toBeGreaterThan(0.1);
    expect(between.angio).toBeGreaterThan(0.1);
  });

  it('never shows air', () => {
    for (const preset of Object.values(PRESETS)) expect(transferTable(preset)[3]).toBe(0);
  });

  it('picks bone behind fat and muscle in the bone window, and lung structures in the lung window', () => {
    expect(visibleFrom(PRESETS.bone)).toBeGreaterThan(150);
    expect(visibleFrom(PRESETS.lung)).toBeLessThan(-300);
  });
});
