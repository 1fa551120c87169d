import { describe, expect, test } from 'vitest';
import type { DataSet } from '../core/dicom/json';
import { nameOf } from '../core/dicom/json';
import { framesOf } from './frame';

const element = (vr: string, ...Value: unknown[]): { vr: string; Value: unknown[] } => ({ vr, Value });
const ct = (number: number, z_mm: number, more: Record<string, unknown> = {}): DataSet =>
  ({
    '00080016': element('UI', '1.2.840.10008.5.1.4.1.1.2'),
    '00080018': element('UI', `1.2.${number}`),
    '00080060': element('CS', 'CT'),
    '00200013': element('IS', number),
    '00200032': element('DS', -10, -20, z_mm),
    '00200037': element('DS', 1, 0, 0, 0, 1, 0),
    '00200052': element('UI', '1.9'),
    '00280004': element('CS', 'MONOCHROME2'),
    '00280010': element('US', 4),
    '00280011': element('US', 6),
    '00280030': element('DS', 2, 0.5),
    '00280100': element('US', 16),
    '00280103': element('US', 1),
    '00281050': element('DS', 40, -600),
    '00281051': element('DS', 400, 1500),
    '00281052': element('DS', -1024),
    '00281053': element('DS', 1),
    ...more,
  }) as DataSet;

describe('frames of single objects', () => {
  test('are sorted by where they lie, and know their pixels', () => {
    const frames = framesOf([ct(2, 0), ct(1, 10), ct(3, 5)]);
    expect(frames.map(({ instanceNumber }) => instanceNumber)).toEqual([1, 3, 2]);
    expect(frames[0]).toMatchObject({
      spacing_mm: [0.5, 2],
      spacingSource: 'patient',
      unit: 'HU',
      rescale: { slope: 1, intercept: -1024 },
      pixels: { form: 'grey', bits: 16, signed: true },
      windows: [
        { centre: 40, width: 400 },
        { centre: -600, width: 1500 },
      ],
    });
  });

  test('keep their numbers’ order where several lie at one place', () => {
    expect(framesOf([ct(2, 0), ct(1, 0), ct(3, 5)]).map(({ instanceNumber }) => instanceNumber)).toEqual([1, 2, 3]);
  });

  test('have no size where none is said, and that of the detector where that is all', () => {
    const [unsized] = framesOf([ct(1, 0, { '00280030': undefined })]);
    expect(unsized?.spacing_mm).toBeUndefined();
    const [detector] = framesOf([ct(1, 0, { '00280030': undefined, '00181164': element('DS', 0.2, 0.1) })]);
    expect(detector).toMatchObject({ spacing_mm: [0.1, 0.2], spacingSource: 'detector' });
  });

  test('do not call values HU that are none', () => {
    expect(framesOf([ct(1, 0, { '00080060': element('CS', 'MR') })])[0]?.unit).toBeUndefined();
    expect(framesOf([ct(1, 0, { '00281054': element('LO', 'US') })])[0]?.unit).toBeUndefined();
    expect(framesOf([ct(1, 0, { '00281053': undefined })])[0]?.unit).toBeUndefined();
  });

  test('are left out where there is no picture', () => {
    expect(framesOf([{ '00080016': element('UI', '1.2.840.10008.5.1.4.1.1.88.11') }])).toEqual([]);
    expect(framesOf([{ '00080016': element('UI', '9.9.9') }])).toEqual([]);
  });
});

test('tables stand in for rescale and window, and inverse is inverse by either word', () => {
  const table = (bits: number) => ({ '00283002': element('US', 2, 0xfff0, bits), '00283006': element('US', 5, 9), '00283004': element('LO', 'OD') });
  const [frame] = framesOf([ct(1, 0, { '00283000': element('SQ', table(16)), '00283010': element('SQ', table(12)), '00280120': element('SS', -2000) })]);
  expect(frame).toMatchObject({ rescale: { slope: 1, intercept: 0 }, unit: 'OD', padding: undefined, modalityLut: { first: -16 } });
  // What comes out of the modality's table has no sign: the window's table is entered without one.
  expect(frame?.voiLuts).toMatchObject([{ first: 0xfff0, bits: 12 }]);
  expect(framesOf([ct(1, 0)])[0]?.whiteIsLow).toBe(false);
  expect(framesOf([ct(1, 0, { '20500020': element('CS', 'INVERSE') })])[0]?.whiteIsLow).toBe(true);
  expect(framesOf([ct(1, 0, { '00280004': element('CS', 'MONOCHROME1') })])[0]?.whiteIsLow).toBe(true);
});

test('how a picture was made is said in the trade’s figures', () => {
  const made = { '00180060': element('DS', 120), '00181151': element('IS', 200), '00181210': element('SH', 'B30f'), '00080032': element('TM', '101500.5'), '00201041': element('DS', -12.5) };
  expect(framesOf([ct(4, 0, made)])[0]?.acquisition).toMatchObject({ figures: ['120 kV', '200 mA', 'B30f'], number: 4, location_mm: -12.5, time: '101500.5' });
  const mr = { '00180080': element('DS', 500), '00180081': element('DS', 15), '00181314': element('DS', 90), '00180087': element('DS', 1.5) };
  expect(framesOf([ct(1, 0, mr)])[0]?.acquisition?.figures).toEqual(['TR 500 ms', 'TE 15 ms', 'FA 90°', '1.5 T']);
});

test('colour is taken as stored only where it is stored plainly', () => {
  const colour = { '00280002': element('US', 3), '00280004': element('CS', 'RGB'), '00280100': element('US', 8) };
  const native = { ...colour, '00083002': element('UI', '1.2.840.10008.1.2.1'), '00280006': element('US', 1) };
  expect(framesOf([ct(1, 0, native)])[0]?.pixels).toEqual({ form: 'rgb', planar: true });
  expect(framesOf([ct(1, 0, { ...colour, '00083002': element('UI', '1.2.840.10008.1.2.4.50') })])[0]?.pixels).toEqual({ form: 'rendered' });
  expect(framesOf([ct(1, 0, { ...native, '00280004': element('CS', 'PALETTE COLOR'), '00280002': element('US', 1) })])[0]?.pixels).toEqual({ form: 'rendered' });
});

test('frames of one object have their own place, window and values', () => {
  const group = (z: number): DataSet =>
    ({
      '00209113': element('SQ', { '00200032': element('DS', 0, 0, z) }),
      '00289132': element('SQ', { '00281050': element('DS', z), '00281051': element('DS', 10) }),
    }) as DataSet;
  const frames = framesOf([
    ct(1, 0, {
      '00280008': element('IS', 2),
      '00280030': undefined,
      '52009229': element('SQ', {
        '00209116': element('SQ', { '00200037': element('DS', 0, 1, 0, 0, 0, -1) }),
        '00289110': element('SQ', { '00280030': element('DS', 3, 4), '00180050': element('DS', 2) }),
      }),
      '52009230': element('SQ', group(5), group(7)),
    }),
  ]);
  expect(frames.map(({ number, of }) => [number, of])).toEqual([[1, 2], [2, 2]]);
  expect(frames[1]).toMatchObject({
    spacing_mm: [4, 3],
    thickness_mm: 2,
    windows: [{ centre: 7, width: 10 }],
    place: { origin_lps_mm: [0, 0, 7], right_lps: [0, 1, 0], down_lps: [0, 0, -1] },
  });
});

test('names are shown as they are written, Chinese first', () => {
  const name = (value: unknown): string | undefined => nameOf({ '00100010': element('PN', value) });
  expect(name({ Alphabetic: 'Zhao^Min^^', Ideographic: '赵^敏' })).toBe('赵敏 (Zhao Min)');
  expect(name({ Alphabetic: 'Adams^John' })).toBe('Adams John');
  expect(name({})).toBeUndefined();
});
