import { describe, expect, it } from 'vitest';
import { bedActs, bedPath, careOf, certificateOf, detailOf, deviceIdFault, devicePath, lackOf, markedOf, megabytesOf, ofNobody, placeName, placeOf, skewIn } from './devices';
import type { SignalRow } from '../../contract/signals';
import type { BedFor, Care, Device, DeviceState, TurnedAway } from './devices';

const NOW_ms = Date.parse('2026-11-26T08:00:00Z');

function device(state: DeviceState | null, over: Partial<Device> = {}): Device {
  return {
    id: 'ox-1',
    name: 'Oximeter',
    profile: { id: 'pulse-oximeter', title: { zh: '', en: '' }, version: 1 },
    location: null,
    location_name: null,
    place_name: null,
    nobodys: true,
    serial: null,
    active: true,
    credentials: 1,
    certificate_until: null,
    silent: false,
    left_behind: false,
    quality: {
      first_heard: null,
      last_heard: null,
      connected: true,
      messages: 0,
      accepted: 0,
      duplicates: 0,
      known: 0,
      slowed: 0,
      marks: {},
      refusals: {},
      latest: [],
      state,
      state_at: null,
    },
    ...over,
  };
}

describe('an edge', () => {
  it('says by how many seconds its clock is ahead or behind', () => {
    const of = (ahead_ms: number): string => skewIn({ ahead_ms, doubt_ms: 340, is_wrong: false }).off;
    expect([of(12_340), of(-3_600_000), of(0)]).toEqual(['+12.3', '−3600.0', '+0.0']);
    expect(skewIn({ ahead_ms: 0, doubt_ms: 340, is_wrong: false }).doubt).toBe('0.3');
  });

  it('says what the cloud lacks to take something, whatever it is about', () => {
    const of = (why: string): string | undefined => lackOf({ why });
    expect(of('find the device in the registry')).toBe('devices.edge.lacks.device');
    expect(of('find the bed or the thing among those of this edge')).toBe('devices.edge.lacks.place');
    expect(of('be read by the cloud, which answers 413')).toBe('devices.edge.lacks.readable');
    expect(of('something new')).toBeUndefined();
  });

  it('says how far an upgrade has come, also where its length is not known', () => {
    const under = { package: 'p', bytes: 1_234_567, of: 20_000_000, fault: null };
    expect(megabytesOf(under)).toEqual({ bytes: '1.2', of: '20.0' });
    expect(megabytesOf({ ...under, of: null }).of).toBe('?');
  });
});

describe('what a device needs', () => {
  const cases: readonly (readonly [string, DeviceState | null, readonly Care[]])[] = [
    ['nothing where nothing is known', null, []],
    ['nothing where all is well', { calibration_due: '2027-03-01T00:00:00Z', battery: { percent: 80, charging: false } }, []],
    ['calibration that is over', { calibration_due: '2026-11-26T08:00:00Z' }, ['calibration-over']],
    ['calibration within thirty days', { calibration_due: '2026-12-20T00:00:00Z' }, ['calibration-soon']],
    ['a battery that is low', { battery: { percent: 19, charging: false } }, ['battery']],
    ['no battery that is being charged', { battery: { percent: 5, charging: true } }, []],
    ['a fault first', { faults: ['sensor'], calibration_due: '2026-01-01T00:00:00Z' }, ['fault', 'calibration-over']],
    ['a self-check that failed', { self_check: { passed: false } }, ['self-check']],
    ['no date that is none', { calibration_due: 'soon' }, []],
  ];
  it.each(cases)('is %s', (_, state, expected) => {
    expect(careOf(device(state), NOW_ms)).toEqual(expected);
  });

  it('is first of all whose it is', () => {
    expect(careOf(device({ faults: ['sensor'] }, { left_behind: true }), NOW_ms)).toEqual(['left-behind', 'fault']);
  });

  it.each([
    ['2026-11-26T07:59:59Z', ['certificate-over']],
    ['2026-12-20T00:00:00Z', ['certificate-soon']],
    ['2027-11-26T00:00:00Z', []],
  ] as const)('is a new certificate before the one that is good until %s ends', (certificate_until, expected) => {
    expect(careOf(device(null, { certificate_until }), NOW_ms)).toEqual(expected);
    expect(careOf(device(null, { certificate_until, active: false }), NOW_ms)).toEqual([]);
  });

  it('is nothing once it is out of service', () => {
    expect(careOf(device({ faults: ['sensor'] }, { active: false, silent: true }), NOW_ms)).toEqual([]);
  });
});

describe('what is marked of a device', () => {
  it('is named without opening anything, the most frequent first', () => {
    const { quality } = device(null);
    expect(markedOf(quality)).toEqual([]);
    const marked = { ...quality, marks: { late: 2, 'clock-corrected': 9 }, duplicates: 3, known: 1, slowed: 5 };
    expect(markedOf(marked)).toEqual([['clock-corrected', 9], ['late', 2], ['twice', 4], ['slowed', 5]]);
  });
});

describe('a certificate that was turned away', () => {
  const away = (claimed: string | null, code: string): TurnedAway => ({
    at: '2026-11-26T08:00:00Z',
    claimed,
    from: '10.0.0.9',
    code,
    why: { zh: '', en: '' },
    times: 1,
  });
  it('is looked for at the device that it names', () => {
    const expired = away('ox-1', 'certificate-expired');
    const all = [away(null, 'certificate-bad'), away('ox-1', 'foreign-id'), away('ox-2', 'certificate-expired'), expired];
    expect(certificateOf(device(null), all)).toBe(expired);
    expect(certificateOf(device(null), all.slice(0, 3))).toBeUndefined();
  });
});

describe('where a device is', () => {
  const at = '2026-11-26T07:59:00Z';
  const saying = (place: string, over: Partial<Device>): Device => {
    const said = device({ place }, { location: 'bed-1', location_name: 'Bed 1', ...over });
    return { ...said, quality: { ...said.quality, state_at: at } };
  };

  it('is what it says itself, by its name, before what is registered', () => {
    expect(placeOf(saying('room-2', { place_name: 'Room 2' }))).toEqual({ name: 'Room 2', said: at, isKnown: true });
    expect(placeOf(device(null, { location: 'bed-1', location_name: 'Bed 1' }))).toEqual({ name: 'Bed 1', said: null, isKnown: true });
    expect(placeOf(device({ faults: [] }))).toBeUndefined();
  });

  it('is told as it came where no location is called so', () => {
    expect(placeOf(saying('moon', {}))).toEqual({ name: 'moon', said: at, isKnown: false });
  });
});

describe('a place where a device may stand', () => {
  it('is told with its ward, and a ward by itself', () => {
    const place = (kind: 'ward' | 'room' | 'bed', name: string, ward_name: string | null): string => placeName({ id: 'x', name, ward_name, kind }, 'en');
    expect(place('ward', '呼吸病区 · Respiratory ward', '呼吸病区 · Respiratory ward')).toBe('Respiratory ward');
    expect(place('bed', 'Bed 3', '呼吸病区 · Respiratory ward')).toBe('Respiratory ward · Bed 3');
    expect(place('room', 'Store', null)).toBe('Store');
  });
});

describe('a new device', () => {
  it('has an id of its own in letters, digits, points and hyphens', () => {
    const known = [
      { id: 'monitor-3', active: true },
      { id: 'pump-2', active: false },
    ];
    const faults = ['', 'pump-7', 'p.7', 'monitor-3', 'pump-2', 'pump 7', '泵', 'p'.repeat(31), 'p'.repeat(32)].map((id) => deviceIdFault(id, known));
    expect(faults).toEqual([undefined, undefined, undefined, 'taken', 'retired', 'form', 'form', undefined, 'form']);
    expect([devicePath('pump-7'), devicePath('pump-7', 'token')]).toEqual(['/api/devices/pump-7', '/api/devices/pump-7/token']);
  });
});

describe('a device at a bed', () => {
  const bed = (tie: BedFor['tie'], may_connect: boolean): BedFor => ({ ward: 'w', ward_name: 'W', bed: 'b 1', name: 'B', tie, may_connect });
  it('is connected where that is allowed, and disconnected where it is', () => {
    expect(bedActs(bed('connected', false))).toEqual(['disconnect']);
    expect(bedActs(bed('of-another', true))).toEqual(['connect', 'disconnect']);
    expect(bedActs(bed('of-bed', false))).toEqual(['disconnect']);
    expect(bedActs(bed(null, true))).toEqual(['connect']);
    expect(bedPath(bed(null, true), 'pump-7')).toBe('/api/wards/w/beds/b%201/devices/pump-7');
  });
});

describe('what a device sends along with an answer', () => {
  const said = (detail: unknown, reason: string | null = null): string => detailOf({ detail, reason }, (key) => key);

  it('is told in words where it is a self-check or a log, and else as it came', () => {
    expect(said({ passed: true, reason: null })).toBe('devices.selfCheck.passed');
    expect(said({ passed: false, reason: 'sensor 2' })).toBe('devices.selfCheck.failed · sensor 2');
    expect(said({ lines: ['one', 'two'] })).toBe('one\ntwo');
    expect(said({ passed: true, after_s: 4 })).toBe('{"passed":true,"after_s":4}');
    expect([said({ code: 3 }), said('text'), said(null, 'busy'), said(null)]).toEqual(['{"code":3}', '"text"', 'busy', '–']);
  });
});

it('what a device measured of somebody is no history of the device', () => {
  const row = (series: string, patient: string | null) => ({ series, patient }) as SignalRow;
  expect(ofNobody([row('air', null), row('spo2', 'p1')])).toEqual([row('air', null)]);
});
