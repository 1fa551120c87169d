import { describe, expect, test } from 'vitest';
import { isReduced, reducedBlock, reductionTo } from './reduced';

describe('a volume larger than the graphics card takes', () => {
  test.each([
    [256, [512, 512, 300], [2, 2, 2], [256, 256, 150]],
    [256, [512, 512, 133], [2, 2, 1], [256, 256, 133]],
    [256, [600, 256, 1], [3, 1, 1], [200, 256, 1]],
    [2048, [512, 512, 300], [1, 1, 1], [512, 512, 300]],
  ] as const)('edges of at most %i', (longest, size, factor, left) => {
    const reduction = reductionTo(longest, size);
    expect(reduction).toEqual({ factor, size: left });
    expect(isReduced(reduction)).toBe(factor.some((n) => n > 1));
  });

  test('each voxel is the mean of those under it, at the last edge of those that are there', () => {
    // 5 × 2 × 1: the last of three along x has one column under it.
    const hu = Int16Array.from([0, 10, 20, 30, 40, 100, 110, 120, 130, 140]);
    const reduction = { factor: [2, 2, 1], size: [3, 1, 1] } as const;
    const whole = reducedBlock(hu, [5, 2, 1], reduction, { origin: [0, 0, 0], size: [5, 2, 1] });
    expect(whole).toEqual({ origin: [0, 0, 0], size: [3, 1, 1], hu: Int16Array.from([55, 75, 90]) });
  });

  test('blocks that begin inside a reduced voxel make together what the whole makes', () => {
    const size = [13, 11, 7] as const;
    const hu = Int16Array.from({ length: 13 * 11 * 7 }, (_, i) => ((i * 7919) % 4000) - 1000);
    const reduction = reductionTo(5, size);
    const whole = reducedBlock(hu, size, reduction, { origin: [0, 0, 0], size });
    const pieced = new Int16Array(whole.hu.length);
    for (const z of [0, 4])
      for (const y of [0, 4, 8])
        for (const x of [0, 4, 8, 12]) {
          const origin = [x, y, z] as const;
          const edge = origin.map((o, i) => Math.min(4, (size[i] ?? 0) - o)) as [number, number, number];
          const part = reducedBlock(hu, size, reduction, { origin, size: edge });
          let at = 0;
          for (let k = 0; k < part.size[2]; k++)
            for (let j = 0; j < part.size[1]; j++)
              for (let i = 0; i < part.size[0]; i++)
                pieced[((part.origin[2] + k) * whole.size[1] + part.origin[1] + j) * whole.size[0] + part.origin[0] + i] = part.hu[at++] ?? 0;
        }
    expect(pieced).toEqual(whole.hu);
  });
});
