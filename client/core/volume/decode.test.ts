import { describe, expect, it } from 'vitest';
import { decodeHu, DecodeError, encodeHu, enlarge, writeBlock } from './decode';
import { halfFromHu } from './half';

/** Reads a half float by its definition, as the GPU does. */
function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  return exponent === 0 ? sign * 2 ** -14 * (mantissa / 1024) : sign * 2 ** (exponent - 15) * (1 + mantissa / 1024);
}

describe('voxels on the wire', () => {
  it('undoes low bytes, high bytes and the delta along x by hand', () => {
    // Rows: −1024, −1000 and 300, 44: deltas −1024, 24, 300, −256.
    const low = [0x00, 24, 300 & 0xff, 0x00];
    const high = [0xfc, 0, 300 >> 8, 0xff];
    expect([...decodeHu(Uint8Array.from([...low, ...high]), [2, 2, 1])]).toEqual([-1024, -1000, 300, 44]);
  });

  it('gives back any values, the widest jumps included', () => {
    const size = [7, 5, 3] as const;
    const hu = Int16Array.from({ length: 105 }, (_, i) => ((i * 7919) % 65536) - 32768);
    expect([...decodeHu(encodeHu(hu, size), size)]).toEqual([...hu]);
  });

  it('refuses bytes that are too few', () => {
    expect(() => decodeHu(new Uint8Array(7), [2, 2, 1])).toThrow(DecodeError);
  });

  it('stores HU − 1024 exactly over the whole CT range', () => {
    const range = Array.from({ length: 4096 }, (_, i) => i - 1024);
    expect(range.filter((hu) => valueOf(halfFromHu(hu)) !== hu - 1024)).toEqual([]);
    expect(valueOf(halfFromHu(-3000))).toBe(-2048);
    expect(valueOf(halfFromHu(9000))).toBe(2048);
  });
});

describe('enlarging the preview', () => {
  it('leaves out what of its last voxel lies beyond the volume', () => {
    expect([...enlarge(Int16Array.from([0, 300]), [2, 1, 1], [3, 1, 1], [5, 1, 1])]).toEqual([0, 0, 100, 200, 300]);
  });

  it('keeps a ramp a ramp and the ends the ends', () => {
    const out = enlarge(Int16Array.from([0, 100, 200, 300]), [4, 1, 1], [2, 1, 1], [8, 1, 1]);
    expect([...out]).toEqual([0, 25, 75, 125, 175, 225, 275, 300]);
  });

  it('interpolates along y and z as along x', () => {
    const ramp = Int16Array.from([0, 100, 200, 300]);
    expect([...enlarge(ramp, [1, 4, 1], [1, 2, 1], [1, 8, 1])]).toEqual([...enlarge(ramp, [1, 1, 4], [1, 1, 2], [1, 1, 8])]);
  });
});

it('lays a block where it belongs and nowhere else', () => {
  const volume = new Int16Array(4 * 3 * 2);
  writeBlock(volume, [4, 3, 2], Int16Array.from([1, 2, 3, 4]), [2, 1, 1], [2, 2, 1]);
  expect([...volume].map((v, i) => [v, i] as const).filter(([v]) => v !== 0)).toEqual([[1, 18], [2, 19], [3, 22], [4, 23]]);
});
