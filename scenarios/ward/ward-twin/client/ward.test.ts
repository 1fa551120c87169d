import { describe, expect, test } from 'vitest';
import type { Alarm, AlarmView, BedView, VitalNow } from './ward';
import { bedFor, elsewhereOf, flashed, mayPause, placeOfAlarm, rateOf, shown } from './ward';
import en from './words.en.json';
import zh from './words.zh.json';

const vital = (signal: string, value: number | undefined, fresh: boolean, decimals = 0): VitalNow => ({
  signal,
  label: { zh: signal, en: signal },
  unit: '/min',
  decimals,
  ...(value === undefined ? {} : { value }),
  fresh,
});

const bed = (vitals: VitalNow[]): BedView => ({
  id: 'b',
  name: 'b',
  room: null,
  occupied: true,
  patient: null,
  vitals,
  lines: {},
  limits: {},
  forecasts: {},
  news2: null,
  scores: [],
  sources: {},
  from_home: [],
  devices: [],
  doubts: [],
  late: 0,
  unkept: [],
});

test('the sound of an alarm is paused once until the next person is told', () => {
  const told = { at: '', step: 'told', level: 0, to: 'bed-nurse' } as const;
  const paused = { at: '', step: 'paused', by: 'nurse', until: '' } as const;
  const over = { at: '', step: 'pause-ended' } as const;
  const may = (steps: Alarm['steps'], more: Partial<Alarm> = {}): boolean => mayPause({ steps, ...more } as Alarm);
  expect(may([told])).toBe(true);
  expect(may([told, paused], { paused_until: '' })).toBe(false);
  expect(may([told, paused, over])).toBe(false);
  expect(may([told, paused, over, told])).toBe(true);
  expect(may([told, paused, { at: '', step: 'given-back', by: 'nurse' }])).toBe(true);
});

describe('a bed', () => {
  test('what was not measured is no number', () => {
    expect(shown(undefined)).toBeUndefined();
    expect(shown(vital('spo2', undefined, false))).toBeUndefined();
    expect(shown(vital('spo2', 0, true))).toBe('0');
    expect(shown(vital('temperature', 37, true, 1))).toBe('37.0');
  });

  test('the oximeter stands in for electrodes that say nothing now', () => {
    const heart = vital('heart-rate', 70, true);
    const pulse = vital('pulse', 72, true);
    expect(rateOf(bed([heart, pulse]))).toBe(heart);
    expect(rateOf(bed([{ ...heart, fresh: false }, pulse]))).toBe(pulse);
    expect(rateOf(bed([{ ...heart, fresh: false }]))?.fresh).toBe(false);
    expect(rateOf(bed([]))).toBeUndefined();
  });
});

describe('alarms of elsewhere', () => {
  const alarms = ['b1', 'b2', 'b3', 'Device/pump', 'b1'].map((at, n) => ({ id: `a${n}`, alarm: { bed: at } }) as AlarmView);
  const [part] = placeOfAlarm('w 1', 'a1').split('#').slice(1);

  test('are all that do not stand at the open bed, the first of them by name', () => {
    const { count, first } = elsewhereOf(alarms, 'b1');
    expect([count, first.map(({ id }) => id)]).toEqual([3, ['a1', 'a2', 'a3']]);
    expect(elsewhereOf(alarms, undefined).count).toBe(5);
    expect(elsewhereOf(alarms, undefined).first).toHaveLength(3);
    expect(elsewhereOf([], 'b1').count).toBe(0);
  });

  test('are led to by closing the bed that hides them', () => {
    expect(part).toBe('alarm-a1');
    expect(bedFor('alarm-a1', 'b1', alarms)).toBeUndefined();
    expect(bedFor('alarm-a1', 'b2', alarms)).toBe('b2');
    expect(bedFor('ward-alarms', 'b2', alarms)).toBeUndefined();
    // One that has ended meanwhile is looked for in the list.
    expect(bedFor('alarm-gone', 'b2', alarms)).toBeUndefined();
    expect(bedFor('', 'b2', alarms)).toBe('b2');
  });
});

test('both languages have the same words, with the same places to fill', () => {
  expect(Object.keys(zh)).toEqual(Object.keys(en));
  const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [key, text] of Object.entries(en)) expect(places(Reflect.get(zh, key)), key).toEqual(places(text));
});

test('signs flash as often as the escalation says, and stand still at 0 hertz', () => {
  expect(flashed({ flash_hz: 2 })).toEqual({ '--flash-every': '0.5s' });
  expect(flashed({ flash_hz: 0 })).toEqual({});
});
