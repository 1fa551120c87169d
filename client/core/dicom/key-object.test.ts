import { expect, test } from 'vitest';
import { keyImagesOf } from './key-object';

test('the pictures of a document are read back', () => {
  const reference = (sop: string, ...frames: number[]) => ({ '00081199': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: [sop] }, '00081160': { vr: 'IS', Value: frames } }] } });
  expect(keyImagesOf({ '0040A730': { vr: 'SQ', Value: [reference('1.1'), reference('1.2', 4, 5), {}] } })).toEqual(['1.1#1', '1.2#4', '1.2#5']);
  expect(keyImagesOf({})).toEqual([]);
});
