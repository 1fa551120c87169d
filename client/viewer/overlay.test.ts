import { expect, test } from 'vitest';
import type { DataSet } from '../core/dicom/json';
import { bitsOf, bitsWithin, overlaysOf } from './overlay';

const overlay = (group: string, more: Record<string, unknown> = {}): DataSet =>
  ({
    [`${group}0010`]: { vr: 'US', Value: [2] },
    [`${group}0011`]: { vr: 'US', Value: [3] },
    [`${group}0050`]: { vr: 'SS', Value: [5, -1] },
    [`${group}1500`]: { vr: 'LO', Value: ['Grid'] },
    [`${group}3000`]: { vr: 'OW', InlineBinary: btoa('\x2a\x00') },
    ...more,
  }) as unknown as DataSet;

test('planes of all groups are found, with their place from 0', () => {
  const found = overlaysOf({ ...overlay('6000'), ...overlay('601E') }, 1);
  expect(found.map(({ group }) => group)).toEqual([0x6000, 0x601e]);
  expect(found[0]).toMatchObject({ rows: 2, columns: 3, top: 4, left: -2, name: 'Grid', skip: 0 });
  expect(overlaysOf({}, 1)).toEqual([]);
});

test('the lowest bit of a byte comes first', () => {
  const [source] = overlaysOf(overlay('6000'), 1);
  expect(source && [...bitsOf(source, Uint8Array.of(0x2a, 0))]).toEqual([0, 1, 0, 1, 0, 1]);
});

test('frames have their own planes, one after the other without a gap', () => {
  const several = overlay('6000', { '60000015': { vr: 'IS', Value: [2] }, '60000051': { vr: 'US', Value: [3] } });
  expect([1, 3, 4, 5].map((frame) => overlaysOf(several, frame)[0]?.skip)).toEqual([undefined, 0, 6, undefined]);
  const [source] = overlaysOf(several, 4);
  expect(source && [...bitsOf(source, Uint8Array.of(0x40, 0x08))]).toEqual([1, 0, 0, 0, 0, 1]);
});

test('planes in spare bits of the pixels are taken from there', () => {
  const [source] = overlaysOf(overlay('6000', { '60003000': undefined, '60000102': { vr: 'US', Value: [12] } }), 1);
  const octets = new Uint8Array(Uint16Array.of(0x1000, 0x0fff, 0x1fff, 0, 0xf000, 0x2000).buffer);
  expect(source && [...bitsWithin(source, octets, 2)]).toEqual([1, 0, 1, 0, 1, 0]);
});
