import { describe, expect, test } from 'vitest';
import { actsOf, isNobodys, meantAt, others, pathOf, tieWord } from './at-bed';
import type { DeviceAct, FreeDevice } from './at-bed';
import { bedSaid } from './said';
import type { BedView, DeviceView, Tie, WardView } from './ward';
import en from './words.en.json';

const device = (id: string, tie: Tie): DeviceView => ({ id, name: id, tie, online: true, heard: null });
const EMPTY: BedView = {
  id: 'b', name: 'b', room: null, occupied: false, patient: null, vitals: [], from_home: [], lines: {}, limits: {}, forecasts: {}, news2: null, scores: [], sources: {}, devices: [], doubts: [], late: 0, unkept: [],
};
const MINE: BedView = { ...EMPTY, occupied: true, patient: { id: 'p', name: 'P', age: null, sex: null } };
const FOREIGN: BedView = { ...EMPTY, occupied: true };

describe('what may be done with a device at a bed', () => {
  const cases: readonly (readonly [Tie, readonly DeviceAct[], readonly DeviceAct[]])[] = [
    ['connected', ['disconnect'], ['disconnect']],
    ['of-bed', ['connect', 'disconnect'], ['disconnect']],
    ['of-another', ['connect', 'disconnect'], ['disconnect']],
    ['elsewhere', ['connect', 'disconnect'], ['disconnect']],
    ['beside', [], []],
  ];
  test.each(cases)('that is %s', (tie, lying, empty) => {
    expect(actsOf(device('d', tie), MINE)).toEqual(lying);
    expect(actsOf(device('d', tie), EMPTY)).toEqual(empty);
    expect(actsOf(device('d', tie), FOREIGN), 'of somebody whom one does not treat').toEqual([]);
  });

  test('is said in words that name nobody', () => {
    const bed = { ...MINE, devices: [device('m', 'of-another'), device('n', 'connected')] };
    const said = bedSaid(bed, { beds: [bed], alarms: [] } as unknown as WardView, (word) => en[word]);
    expect(said.devices.map(({ state }) => state)).toEqual([en[tieWord('of-another')], en.online]);
    expect(bed.devices.map(isNobodys)).toEqual([true, false]);
  });
});

test('only what does not stand there already is offered', () => {
  const free = (id: string): FreeDevice => ({ id, name: id, kind: { zh: id, en: id }, place: null });
  const bed = { ...MINE, devices: [device('here', 'of-bed')] };
  expect(others([free('here'), free('there')], bed).map(({ id }) => id)).toEqual(['there']);
  expect([pathOf('w 1', 'b/2'), pathOf('w', 'b', 'ox 17')]).toEqual(['/api/wards/w%201/beds/b%2F2/devices', '/api/wards/w/beds/b/devices/ox%2017']);
});

test('who was named when one was asked is who is meant, whoever lies there by then', () => {
  const bed = { ...MINE };
  const meant = meantAt('connect', device('m', 'of-bed'), bed);
  bed.patient = { id: 'q', name: 'Q', age: null, sex: null };
  expect(meant).toEqual({ act: 'connect', device: 'm', name: 'm', patient: MINE.patient });
});
