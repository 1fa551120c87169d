import { describe, expect, test } from 'vitest';
import { csvOf } from './csv';
import { figuresFile, homeShown, homeWords } from './hospital-figures';
import { WORDS } from '../words/words';
import type { Key } from '../words/words';

const t = (key: Key): string => WORDS.en[key];

describe('a file of figures', () => {
  test('has a line for each figure that is shown, and nothing where none is known', () => {
    const week = { from: Date.parse('2026-03-02T00:00:00Z'), alarms: 12, bed_days: 8.25, alarms_per_bed_day: 1.4545, seconds_to_take: null, closed: 10, false_or_technical: 3 };
    const wards = [{ id: 'w', name: '呼吸科 · Respiratory', old: [], weeks: [week] }];
    const home = { days: 30, figures: [{ of: 'decision', name: 'on-time', value: 87.54 }, { of: 'desktop', name: 'followed', value: null }] };
    const lines = figuresFile(wards, home, t, 'en').replace('\uFEFF', '').trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + 6 + 2);
    expect(lines[1]).toMatch(/^Respiratory,.*,Alarms,12$/);
    expect(lines[2]).toMatch(/,Bed-days,8\.[23]$/);
    expect(lines[4]).toMatch(/,$/);
    expect(lines[7]).toMatch(/^Follow-up at home,,.*,87\.5$/);
    expect(lines[8]).toBe('Follow-up at home,,Follow-ups at home that go on,');
  });

  test('is of the wards alone where nothing is known of home', () => {
    expect(figuresFile([], undefined, t, 'en').split('\r\n')).toHaveLength(2);
  });

  test('has no places where it is a count', () => {
    expect([4, 0.3, 87.54, null].map(homeShown)).toEqual(['4', '0.3', '87.5', '']);
  });

  test.each(['on-time', 'adherent', 'referred-up'])('calls %s by words', (name) => {
    expect(homeWords({ of: 'decision', name }, t)).not.toBe(name);
  });
});

test('a cell is quoted where it must be, and is no formula', () => {
  expect(csvOf([['a,b', 'say "no"', '=1+1', '-3', '-x', '@x', '＝1']])).toBe('\uFEFF"a,b","say ""no""",\'=1+1,-3,\'-x,\'@x,\'＝1\r\n');
});
