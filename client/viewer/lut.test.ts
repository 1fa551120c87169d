import { expect, test } from 'vitest';
import { bytesOf, sourceOf } from '../core/dicom/bulk';
import type { DataSet } from '../core/dicom/json';
import { entryOf, lutOf, lutSourceOf, throughLut } from './lut';
import { dragged, greyOf, shadeOf, windowOfLut } from './window';

const item = (descriptor: readonly number[], data: Record<string, unknown>): DataSet =>
  ({ '00283002': { vr: 'US', Value: descriptor }, '00283003': { vr: 'LO', Value: ['NORMAL'] }, '00283006': data }) as unknown as DataSet;
const words = (...Value: number[]): Record<string, unknown> => ({ vr: 'US', Value });

test('a table is entered from its first value, and its ends go on', async () => {
  const source = lutSourceOf(item([3, 0xfffe, 16], words(7, 8, 0x9000)), true);
  expect(source).toMatchObject({ count: 3, first: -2, bits: 16, name: 'NORMAL' });
  const lut = source && lutOf(source, await bytesOf(source.data));
  expect(lut && [-100, -2, -1, 0, 5].map((value) => entryOf(lut, value))).toEqual([7, 7, 8, 0x9000, 0x9000]);
  expect(lut && [...throughLut(Int16Array.from([-2, 9]), lut)]).toEqual([7, 0x9000]);
});

test('counts of 2¹⁶ and entries of 8 bits are read as they are meant', async () => {
  expect(lutSourceOf(item([0, 0, 16], words(1)), false)?.count).toBe(65_536);
  expect(lutSourceOf(item([-32_768, 0, 12], words(1)), false)?.count).toBe(32_768);
  const packed = lutSourceOf(item([4, 0, 8], { vr: 'OW', InlineBinary: btoa('\x01\x02\x03\x04') }), false);
  const lut = packed && lutOf(packed, await bytesOf(packed.data));
  expect([...(lut?.entries ?? [])]).toEqual([1, 2, 3, 4]);
  expect(lut?.most).toBe(255);
});

test('what is no table is none', () => {
  expect(lutSourceOf(undefined, false)).toBeUndefined();
  expect(lutSourceOf(item([4, 0, 17], words(1)), false)).toBeUndefined();
  expect(lutSourceOf(item([4, 0, 16], {}), false)).toBeUndefined();
  expect(lutOf({ count: 4, first: 0, bits: 16, name: undefined }, new Uint8Array(0))).toBeUndefined();
});

test('long values are asked for at this server, whatever host their address names', () => {
  expect(sourceOf({ vr: 'OW', BulkDataURI: 'https://elsewhere.example/dicom-web/studies/1/bulkdata/00283006?a=1' })).toEqual({
    at: 'server',
    path: '/dicom-web/studies/1/bulkdata/00283006?a=1',
  });
  expect(sourceOf({ vr: 'OW' })).toBeUndefined();
});

test('a table shows its entries as shades, and becomes a window when it is dragged', () => {
  const table = { first: 100, most: 255, entries: Uint16Array.of(0, 51, 255), name: undefined };
  const window = windowOfLut(table);
  expect([0, 101, 500].map((value) => Math.round(greyOf(value, window)))).toEqual([0, 51, 255]);
  expect(dragged(window, 0, 4)).toEqual({ centre: 102.5, width: 3 });
});

test('values go through modality, window, presentation and inversion in this order', () => {
  const table = (...entries: number[]) => ({ first: 0, most: 255, entries: Uint16Array.from(entries), name: undefined });
  const base = { rescale: { slope: 1, intercept: 0 }, window: { centre: 127.5, width: 255, shape: 'linear-exact' as const }, inverted: false };
  const shade = (stored: number, more: object = {}): number => Math.round(shadeOf(stored, { ...base, ...more }));
  expect(shade(51)).toBe(51);
  expect(shade(1, { modality: table(0, 204) })).toBe(204);
  // The presentation's input is spread over its entries: the middle of three is the middle grey.
  expect(shade(128, { presentation: table(10, 200, 20) })).toBe(200);
  expect(shade(51, { inverted: true })).toBe(204);
  expect(shade(255, { presentation: table(10, 200, 20), inverted: true })).toBe(235);
});
