import { parseDicom } from 'dicom-parser';
import { expect, test } from 'vitest';
import type { DataSet } from './json';
import { keyImagesOf, keyObject } from './key-object';
import { freshUid } from './write';

const study = {
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Zhao^Min', Ideographic: '赵^敏' }] },
  '00100020': { vr: 'LO', Value: ['YY100001'] },
  '0020000D': { vr: 'UI', Value: ['1.2.3'] },
} as DataSet;
const image = (sop: string, frame?: number) => ({ series: '1.2.3.4', sop, classUid: '1.2.840.10008.5.1.4.1.1.2', frame });

test('a key object document can be read by others, and names what was marked', () => {
  const file = keyObject(study, [image('1.5.1'), image('1.5.2', 7), image('1.5.2', 9)], new Date(2026, 0, 2, 3, 4, 5));
  const read = parseDicom(file);
  expect(read.warnings).toEqual([]);
  expect(read.string('x00020010')).toBe('1.2.840.10008.1.2.1');
  expect(read.string('x00080016')).toBe('1.2.840.10008.5.1.4.1.1.88.59');
  expect(read.string('x0020000d')).toBe('1.2.3');
  expect(read.string('x00100020')).toBe('YY100001');
  expect([read.string('x00080023'), read.string('x00080033')]).toEqual(['20260102', '030405']);
  const name = read.elements['x00100010'];
  expect(new TextDecoder().decode(file.subarray(name?.dataOffset, (name?.dataOffset ?? 0) + (name?.length ?? 0))).trim()).toBe('Zhao^Min=赵^敏');
  const references = read.elements['x0040a730']?.items?.map((item) => item.dataSet?.elements['x00081199']?.items?.[0]?.dataSet);
  expect(references?.map((one) => [one?.string('x00081155'), one?.string('x00081160')])).toEqual([
    ['1.5.1', undefined],
    ['1.5.2', '7'],
    ['1.5.2', '9'],
  ]);
  const series = read.elements['x0040a375']?.items?.[0]?.dataSet?.elements['x00081115']?.items;
  expect(series).toHaveLength(1);
  expect(series?.[0]?.dataSet?.elements['x00081199']?.items).toHaveLength(2);
  expect(file.length % 2).toBe(0);
});

test('the pictures of a document are read back', () => {
  const reference = (sop: string, ...frames: number[]) => ({ '00081199': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: [sop] }, '00081160': { vr: 'IS', Value: frames } }] } });
  expect(keyImagesOf({ '0040A730': { vr: 'SQ', Value: [reference('1.1'), reference('1.2', 4, 5), {}] } })).toEqual(['1.1#1', '1.2#4', '1.2#5']);
  expect(keyImagesOf({})).toEqual([]);
});

test('identifiers are new each time and no longer than allowed', () => {
  const [a, b] = [freshUid(), freshUid()];
  expect(a).not.toBe(b);
  expect(a).toMatch(/^2\.25\.\d+$/);
  expect(a.length).toBeLessThanOrEqual(64);
});
