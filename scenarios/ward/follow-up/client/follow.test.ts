import { describe, expect, test } from 'vitest';
import { bundles, MOST_bytes, staying, toBase64 } from './card';
import type { Alert, Question, Referral, Unsent } from './course';
import { ApiError } from '../../../../client/core/api';
import { dayIn } from '../../../../client/core/dates';
import { daysAfter, dueOn, newReport, nextDay, numberOf, overFrom } from './days';
import { eachOnce } from './people';
import { directionOf, endShown, isClosedSince, levelsShown, marksShown, mayTakeBack, sentFor, spokenOf, standShown, toldShown, valueShown, whyShown } from './shown';
import en from './words.en.json';
import zh from './words.zh.json';
import { sayIn } from './words';
import type { Say } from './words';

const unsent = (day: string, refused?: string): Unsent => ({
  id: 'aaaaaaaaaaaa',
  at: `${day}T08:00:00Z`,
  day,
  answers: {},
  ...(refused === undefined ? {} : { refused }),
});

describe('what is due on this device', () => {
  const course = {
    every_days: 7,
    next_report: { day: '2026-03-09', due: 'now' as const },
  };

  test('follows from what the hospital has and what waits here', () => {
    expect(nextDay(course, [])).toBe('2026-03-09');
    expect(nextDay(course, [unsent('2026-03-08')])).toBe('2026-03-15');
    // What waits may be older than what the hospital has.
    expect(nextDay(course, [unsent('2026-03-01')])).toBe('2026-03-09');
  });

  test('does not count what the hospital could not use', () => {
    expect(nextDay(course, [unsent('2026-03-08', 'too high')])).toBe('2026-03-09');
  });

  test('does not count what nobody says is theirs', () => {
    expect(nextDay(course, [{ ...unsent('2026-03-08'), unclaimed: true }])).toBe('2026-03-09');
  });

  test.each([
    ['2026-03-09', 'now'],
    ['2026-03-10', 'overdue'],
    ['2026-03-08', 'planned'],
  ] as const)('on %s it is %s', (today, due) => {
    expect(dueOn('2026-03-09', today)).toBe(due);
  });

  test('follows the phases of the plan, and ends with the last', () => {
    const phases = [
      { from: '2026-03-01', until: '2026-03-11', every_days: 1 },
      { from: '2026-03-11', until: '2026-03-31', every_days: 7 },
    ];
    const phased = { ...course, every_days: 1, phases };
    expect(nextDay(phased, [unsent('2026-03-09')])).toBe('2026-03-10');
    expect(nextDay(phased, [unsent('2026-03-11')])).toBe('2026-03-18');
    expect(nextDay(phased, [unsent('2026-03-28')])).toBe('2026-03-31');
    const over = overFrom(phased);
    expect(dueOn('2026-03-18', '2026-03-19', over)).toBe('overdue');
    expect(dueOn('2026-03-18', '2026-03-31', over)).toBe('over');
    expect(dueOn('2026-03-31', '2026-03-28', over)).toBe('over');
    expect(overFrom(course)).toBeNull();
  });

  test('days go on over months, leap days and the change of the clock', () => {
    expect(daysAfter('2028-02-28', 1)).toBe('2028-02-29');
    expect(daysAfter('2026-12-31', 1)).toBe('2027-01-01');
    expect(daysAfter('2026-03-28', 2)).toBe('2026-03-30');
  });
});

describe('a report', () => {
  test("has the hospital's day, a name of its own, and only what was answered", () => {
    const now = new Date('2026-03-08T16:30:00Z');
    const random = Uint8Array.from({ length: 12 }, (_, at) => at * 21);
    const report = newReport({ spo2_percent: 94, feels_worse: false, pulse_per_min: null }, now, 'Asia/Shanghai', random);
    expect(report.day).toBe('2026-03-09');
    expect(report.answers).toEqual({ spo2_percent: 94, feels_worse: false });
    expect(report.id).toMatch(/^[a-z0-9]{12}$/);
  });

  test.each([
    ['2026-03-08T15:59:59Z', 'Asia/Shanghai', '2026-03-08'],
    ['2026-03-08T16:00:00Z', 'Asia/Shanghai', '2026-03-09'],
    ['2026-12-31T23:59:59Z', 'UTC', '2026-12-31'],
    ['2026-01-01T04:59:59Z', 'America/New_York', '2025-12-31'],
  ] as const)('at %s in %s it is %s', (at, zone, day) => {
    expect(dayIn(zone, new Date(at))).toBe(day);
  });

  test.each([undefined, null, 'Nowhere/Atlantis'])("the time zone %s leaves the device's own", (zone) => {
    expect(dayIn(zone, new Date(2026, 2, 9, 23, 30))).toBe('2026-03-09');
  });

  test.each([
    ['94', 94],
    [' 36,6 ', 'whole'],
    ['', 'none'],
    ['much', 'none'],
    ['49', 'range'],
    ['101', 'range'],
  ] as const)('what is typed as "%s" is %s', (typed, found) => {
    expect(numberOf(typed, { whole: true, range: [50, 100] })).toBe(found);
  });

  test('a comma is a point, and a limit that is not there is none', () => {
    expect(numberOf('36,6', { whole: false, range: [25, 45] })).toBe(36.6);
    expect(numberOf('３６。６', { whole: false, range: [25, 45] })).toBe(36.6);
    expect(numberOf('-3', { whole: false, range: [null, null] })).toBe(-3);
  });
});

test('a number that is missing was not measured, another answer not given', () => {
  const question = { kind: 'number', unit: null, choices: [] } as unknown as Question;
  const say = (word: keyof typeof en): string => en[word];
  expect(valueShown(question, undefined, say, 'en')).toBe('not measured');
  expect(valueShown({ ...question, kind: 'yes-no' }, undefined, say, 'en')).toBe('not answered');
});

describe('what a device sent', () => {
  const say = (word: keyof typeof en): string => en[word];

  test.each([
    [[], 'no objection'],
    [['from-observation'], 'written down by a person'],
    [['arrival-time'], 'sent as it was measured, without a clock'],
    [[{ converted: { from: '[degF]', sent: '98.6' } }], 'converted from the unit of the device'],
    [['late', { 'clock-corrected': { by_ms: 5000, doubt_ms: 10 } }], 'came late, its clock was wrong and is corrected'],
    // A mark that is newer than this page is no reason to hide the value.
    [['something-new', { profile: { version: 2 } }], 'no objection'],
  ] as const)('is shown with its quality: %j', (marks, words) => {
    expect(marksShown(marks, say, 'en')).toBe(words);
  });

  test('stands for an answer until the patient gives one', () => {
    const received = [{ name: 'spo2_percent', value: 96, device: 'Oximeter', at: '2026-03-02T08:00:00Z', marks: [] }];
    expect(sentFor('spo2_percent', received)?.value).toBe(96);
    expect(sentFor('pulse_per_min', received)).toBeUndefined();
    const later = received.map((one) => ({ ...one, value: 93, at: '2026-03-02T09:00:00Z' }));
    expect(sentFor('spo2_percent', [...later, ...received])?.value).toBe(93);
  });
});

describe('a referral', () => {
  const say = sayIn(() => 'en');
  const li = { id: 'li.terminal', name: 'Li' };
  const chen = { id: 'chen.expert', name: 'Chen' };
  const asked: Referral = {
    direction: 'up',
    criterion: 'not-controlled',
    reason: 'no better',
    from: li,
    to: { id: 'hu.expert', name: 'Hu' },
    at: '2026-03-02T08:00:00Z',
  };

  test('waits until it is answered or taken back, which says by whom and why', () => {
    expect(standShown(asked, say, 'en')).toBe('waits for an answer');
    expect(standShown({ ...asked, answered: '2026-03-03T08:00:00Z' }, say, 'en')).toBeUndefined();
    const withdrawn = { at: '2026-03-02T09:00:00Z', by: chen, reason: 'stays with us' };
    expect(standShown({ ...asked, withdrawn }, say, 'en')).toMatch(/^Taken back by Chen \(.+\): stays with us$/);
  });

  test('is taken back by who made it or is told first by now, while it waits', () => {
    expect(mayTakeBack({ referral: asked, first: chen }, 'li.terminal')).toBe(true);
    expect(mayTakeBack({ referral: asked, first: chen }, 'chen.expert')).toBe(true);
    expect(mayTakeBack({ referral: asked, first: chen }, 'hu.expert')).toBe(false);
    expect(mayTakeBack({ referral: null, first: li }, 'li.terminal')).toBe(false);
  });

  test('that was taken back closes the page to who was asked', () => {
    const refused = new ApiError('not-found', 404, '', undefined, undefined);
    expect(isClosedSince({}, refused)).toBe(true);
    // One that never was open to them, and one that only cannot be reached, say so themselves.
    expect(isClosedSince(undefined, refused)).toBe(false);
    expect(isClosedSince({}, new ApiError('unreachable', 0, '', undefined, undefined))).toBe(false);
    expect(isClosedSince({}, undefined)).toBe(false);
  });
});

describe('a card of a therapy device', () => {
  const file = (path: string, size = 10) => ({ path, size, file: path });

  test('goes by its statistics first, then night by night without the flow', () => {
    const { all, tooLarge } = bundles([
      file('card/DATALOG/20230822/20230822_1_PLD.edf'),
      file('card/DATALOG/20230821/20230821_1_BRP.edf', 9_000_000),
      file('card/DATALOG/20230821/20230821_1_EVE.edf'),
      file('card/STR.edf'),
      file('card/Identification.tgt'),
      file('card/SETTINGS/a.tgt'),
    ]);
    expect(tooLarge).toBeUndefined();
    expect(all.map((part) => part.map(({ path }) => path.split('/').at(-1)))).toEqual([
      ['STR.edf', 'Identification.tgt'],
      ['Identification.tgt', '20230821_1_EVE.edf'],
      ['Identification.tgt', '20230822_1_PLD.edf'],
    ]);
    const stays = [file('card/DATALOG/20230821/20230821_1_BRP.edf'), file('card/DATALOG/20230821/20230821_1_CSL.edf')];
    expect(staying([...stays, file('card/DATALOG/20230821/20230821_1_PLD.edf'), file('night_BRP.edf')])).toEqual(stays);
  });

  test('may be one recording; other files are no night; too much of a card is said before it is sent', () => {
    expect(bundles([file('night.edf')]).all).toHaveLength(1);
    expect(bundles([file('notes.txt')]).all).toHaveLength(0);
    // What is sent of a recording is small; a night of a card goes as it is.
    expect(bundles([file('night.edf', MOST_bytes + 1)]).tooLarge).toBeUndefined();
    const large = file('DATALOG/20230821/20230821_1_PLD.edf', MOST_bytes + 1);
    expect(bundles([large]).tooLarge).toBe(large.path);
  });

  test('may lie beside another and beside recordings, each of them by itself', () => {
    const { all } = bundles([
      file('one/Identification.tgt'),
      file('one/DATALOG/20230821/20230821_1_PLD.edf'),
      file('two/Identification.tgt'),
      file('two/STR.edf'),
      file('two/DATALOG/20230821/20230821_2_PLD.edf'),
      file('oximeter/1.EDF'),
      file('oximeter/2.bdf'),
      file('letter.txt'),
    ]);
    expect(all.map((part) => part.map(({ path }) => path))).toEqual([
      ['one/Identification.tgt', 'one/DATALOG/20230821/20230821_1_PLD.edf'],
      ['two/Identification.tgt', 'two/STR.edf'],
      ['two/Identification.tgt', 'two/DATALOG/20230821/20230821_2_PLD.edf'],
      ['oximeter/1.EDF'],
      ['oximeter/2.bdf'],
    ]);
  });

  test('bytes are written as base64, however many', () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, at) => at % 256);
    expect([...atob(toBase64(bytes))].map((one) => one.charCodeAt(0))).toEqual([...bytes]);
  });
});

test('both languages have the same words with the same places in them', () => {
  const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).toSorted();
  expect(Object.keys(zh).toSorted()).toEqual(Object.keys(en).toSorted());
  for (const [key, text] of Object.entries(en)) expect(places(zh[key as keyof typeof zh]), key).toEqual(places(text));
});

test('no word stands in a file twice: the later one would take the place of the other', () => {
  const files = import.meta.glob<string>('./words.*.json', { query: '?raw', import: 'default', eager: true });
  expect(Object.keys(files)).toHaveLength(2);
  for (const [file, text] of Object.entries(files)) {
    const keys = [...text.matchAll(/^ {2}"([^"]+)":/gm)].map((found) => found[1]);
    expect(keys.length, file).toBe(Object.keys(en).length);
    expect(new Set(keys).size, file).toBe(keys.length);
  }
});

test('who is read a question hears what may be chosen', () => {
  const text = (words: string) => ({ zh: words, en: words });
  const say = ((key: string) => key) as Say;
  const asked = { plain: text('How often?'), kind: 'choice', choices: [{ id: 'a', label: text('never') }, { id: 'b', label: text('daily') }] } as unknown as Question;
  expect(spokenOf(asked, say, 'en')).toBe('How often?\nnever\ndaily');
  expect(spokenOf({ ...asked, kind: 'yes-no', choices: [] }, say, 'zh')).toBe('How often?\nyes\nno');
  expect(spokenOf({ ...asked, kind: 'number', choices: [] }, say, 'zh')).toBe('How often?');
});

test('people are named once each, as they come first', () => {
  const person = (id: string, name = id) => ({ id, name });
  const all = [person('li'), person('wang'), person('li', 'Li again'), person('chen'), person('wang')];
  expect(eachOnce(all)).toEqual([person('li'), person('wang'), person('chen')]);
});

test('a line says why it stands there: what was found, unless somebody was told or asked', () => {
  const text = (words: string) => ({ zh: words, en: words });
  const steps = [text('AHI of 30 or more'), text('sleepy at the wheel')];
  const referral = { reason: 'no better' } as Referral;
  const alert = { why: [text('feels worse')], again: [{ at: '', why: [text('fever')] }, { at: '' }] } as unknown as Alert;
  expect(whyShown({ alert: null, referral: null, steps }, 'en')).toBe('AHI of 30 or more; sleepy at the wheel');
  expect(whyShown({ alert: null, referral, steps: [] }, 'en')).toBe('no better');
  expect(whyShown({ alert, referral, steps: [] }, 'zh')).toBe('feels worse；fever');
  expect(whyShown({ alert: null, referral: null, steps: [] }, 'en')).toBe('');
});

describe('levels of care', () => {
  const level = (id: string) => ({ id, label: { zh: `${id} 级`, en: `level ${id}` } });
  const levels = [level('community'), level('county'), level('centre')];

  test.each([
    ['community', 'county', 'up'],
    ['centre', 'county', 'down'],
    ['centre', '', 'up'],
    ['', '', 'up'],
  ] as const)('from %s to "%s" is %s', (from, to, direction) => {
    expect(directionOf(levels, from, to)).toBe(direction);
  });

  test('are named with a referral that says them', () => {
    expect(levelsShown(levels, { from_level: 'centre', to_level: 'county' }, 'en')).toBe('level centre → level county');
    expect(levelsShown(levels, {}, 'en')).toBe('');
  });
});

describe('of who was told', () => {
  const said = (key: string, values: object = {}): string => `${key} ${Object.values(values).slice(1).join(' ')}`.trim();
  const say = said as Say;

  test('a patient reads that nothing was heard of them, and else of their report', () => {
    const told = { at: '2026-03-02T09:00:00Z', state: 'open', taken_by: null } as const;
    expect(toldShown({ told: null, doctor: 'Li' }, say, 'en')).toBe('');
    expect(toldShown({ told, doctor: 'Li' }, say, 'en')).toBe('told.open Li');
    expect(toldShown({ told: { ...told, silent: true }, doctor: 'Li' }, say, 'en')).toBe('told.silent Li');
    expect(toldShown({ told: { ...told, silent: true, state: 'taken', taken_by: 'Wang' }, doctor: 'Li' }, say, 'en')).toBe('told.silent Wang');
  });

  test('by which clocks is the hospital\'s to say, wherever it is read', () => {
    const at = (_: string, values: { readonly at?: string } = {}): string => values.at ?? '';
    const when = at as unknown as Say;
    const told = { at: '2026-03-02T20:00:00Z', state: 'open', taken_by: null } as const;
    const read = ['Asia/Shanghai', 'America/New_York'].map((time_zone) => toldShown({ told, doctor: 'Li', time_zone }, when, 'en'));
    expect(read).toEqual([expect.stringMatching(/3 Mar 2026, 04:00/), expect.stringMatching(/2 Mar 2026, 15:00/)]);
    const ended = { outcome: null, taken_by: null, closed_at: told.at } as Alert;
    expect(endShown(ended, when, 'en', 'Asia/Shanghai')).toBe(read[0]);
  });

  test('one that is over since the patient answered names nothing that was done', () => {
    const ended = { outcome: null, taken_by: null, closed_at: '2026-03-02T09:00:00Z' } as Alert;
    expect(endShown(ended, say, 'en')).toBe('answered');
    expect(endShown({ ...ended, outcome: 'called', taken_by: { id: 'w', name: 'Wang' } }, say, 'en')).toContain('closedWith Wang');
  });
});
