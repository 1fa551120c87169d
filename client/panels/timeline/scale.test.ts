import { describe, expect, test } from 'vitest';
import type { Event, Timeline } from '../../../contract/timeline';
import { byLane, dayAt, dayNumber, lineOf, partWords, placeOf, stepsTo, unitWords, valueOf, windowOf } from './scale';

const origin = { reference: 'Observation/x', recorded: '2026-01-01T00:00:00.000Z' };
const event = (part: Partial<Event>): Event => ({
  lane: 'labs',
  kind: 'Observation',
  title: { zh: '项', en: 'item' },
  at: '2026-03-01',
  parts: [],
  origin,
  ...part,
});
const timeline = (part: Partial<Timeline>): Timeline => ({
  patient: 'p',
  at: '2026-01-01',
  recorded: '2026-01-01',
  events: [],
  lesions: [],
  organs: [],
  undated: 0,
  ...part,
});

describe('days', () => {
  test.each([
    ['2026-03-01', '2026-03-01'],
    ['20260301', '2026-03-01'],
    ['2026-03', '2026-03-01'],
    ['2026', '2026-01-01'],
    ['2026-03-01T23:59:00+08:00', '2026-03-01'],
  ])('%s is the day %s', (text, day) => {
    expect(dayAt(dayNumber(text) ?? Number.NaN)).toBe(day);
  });

  test('a moment has the day of the zone, a day is that day everywhere', () => {
    const early = event({ at: '2026-11-28T22:30:00Z' });
    expect([placeOf(early, 'Asia/Shanghai'), placeOf(early, 'America/New_York')]).toEqual([dayNumber('2026-11-29'), dayNumber('2026-11-28')]);
    expect(placeOf(event({ at: '2026-11-29' }), 'America/New_York')).toBe(dayNumber('2026-11-29'));
    const [, last] = lineOf(timeline({ span: ['2026-11-01', '2026-11-28T22:30:00Z'], time_zone: 'Asia/Shanghai' }), '2026-11-28');
    expect(dayAt(last)).toBe('2026-11-29');
  });

  test('what is no day has none', () => {
    expect(dayNumber('soon')).toBeUndefined();
    expect(dayNumber('2026-13-01')).toBeUndefined();
  });

  test('the line holds all that is known, today, and what is due', () => {
    const order = event({ lane: 'follow-ups', due: { from: '2026-09-01', until: '2026-12-01', state: 'planned' } });
    const [first, last] = lineOf(timeline({ span: ['2020-05-01', '2026-03-01'], events: [order] }), '2026-06-01');
    expect([dayAt(first), dayAt(last)]).toEqual(['2020-05-01', '2026-12-01']);
    const [alone, until] = lineOf(timeline({}), '2026-06-01');
    expect(until).toBeGreaterThan(alone);
  });

  test('what is due lies where it is due', () => {
    expect(placeOf(event({ due: { from: '2026-09-01', state: 'planned' } }))).toBe(dayNumber('2026-09-01'));
    expect(placeOf(event({}))).toBe(dayNumber('2026-03-01'));
    expect(windowOf({ from: '2026-09-01', until: '2028-09-01', every_months: 12, state: 'due' })).toEqual(['2026-09-01', '2026-09-01']);
    expect(windowOf({ state: 'open' })).toBeUndefined();
  });
});

describe('words', () => {
  test('numbers carry their unit, words their language', () => {
    expect(partWords({ number: 7.256, unit: 'mm' }, 'en')).toBe('7.26 mm');
    expect(partWords({ label: { zh: '收缩压', en: 'Systolic' }, number: 120, unit: 'mm[Hg]' }, 'zh')).toBe('收缩压：120 mmHg');
    expect(partWords({ words: { zh: '是', en: 'Yes' } }, 'en')).toBe('Yes');
    expect(unitWords('{PackYears}')).toBe('');
    expect(unitWords("[hnsf'U]")).toBe('HU');
    expect(valueOf(event({ parts: [{ number: 1 }, { number: 2 }] }), 'en')).toBe('1; 2');
  });

  test('lanes stand in their order, and empty ones are left out', () => {
    const lanes = byLane([event({ lane: 'vitals' }), event({ lane: 'imaging' }), event({ lane: 'vitals' })]);
    expect(lanes.map(({ lane, events }) => [lane, events.length])).toEqual([
      ['imaging', 1],
      ['vitals', 2],
    ]);
  });

  test.each([
    [9.3, [0, 5, 10]],
    [0.8, [0, 0.2, 0.4, 0.6, 0.8]],
    [410, [0, 200, 400, 600]],
    [0, [0, 1]],
  ])('an axis to %s', (most, steps) => {
    expect(stepsTo(most)).toEqual(steps);
  });
});
