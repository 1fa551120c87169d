/** The table, the screens and the boards say the same, for a ward with everything and for one with nothing. */
import { describe, expect, test } from 'vitest';
import type { Dispatch, OfferState } from '../../../../contract/alarms';
import { fill } from '../../../../client/words/words';
import { BOARDS, boardSaid, paintBoard } from './boards';
import { askedSaid, bedSaid, cellText, deviceSaid, diskSaid, enteredSaid, filledIn, forecastSaid, oldSaid, readingSaid, responseSaid, roomText, rowText, staffText, wardSaid } from './said';
import type { Errand } from './said';
import { paintScreen } from './screen';
import { bedPanel, wardPanel } from './told';
import type { AlarmView, BedView, VitalNow, WardView } from './ward';
import type { Say } from './words';
import en from './words.en.json';
import zh from './words.zh.json';

const WORDS = { en, zh };
const sayer = (language: 'zh' | 'en'): Say => (word, params) => fill(WORDS[language][word], params ?? {});

const vital = (signal: string, value: number, unit: string, fresh = true, decimals = 0): VitalNow => ({ signal, label: { zh: `${signal}（中）`, en: signal }, unit, decimals, value, fresh });
const NOBODY: BedView = {
  id: 'b2', name: '2 床', room: 'r2', occupied: false, patient: null, vitals: [], from_home: [], lines: {}, limits: {}, forecasts: {}, news2: null, scores: [], sources: {}, devices: [], doubts: [], late: 0, unkept: [],
};
const EVERYTHING: BedView = {
  ...NOBODY,
  id: 'b1', name: '1 床', room: 'r1', occupied: true, patient: { id: 'p', name: '赵敏 Zhao Min', age: 66, sex: 'female' },
  vitals: [
    vital('heart-rate', 61, '/min', false), vital('pulse', 118, '/min'), vital('spo2', 90, '%'), vital('respiratory-rate', 26, '/min', false), vital('systolic', 95, 'mm[Hg]'), vital('diastolic', 60, 'mm[Hg]', false),
    vital('temperature', 38.6, 'Cel', true, 1), vital('battery', 40, '%'),
    vital('room-temperature', 22.14, 'Cel', true, 1), vital('room-humidity', 45, '%'), vital('room-co2', 800, '[ppm]'), vital('room-noise', 41, 'dB', false),
  ],
  lines: { pulse: [[0, 110], [1, 118]], spo2: [[0, 94], [1, 90]], systolic: [[0, 100], [1, 95]], temperature: [[0, 38], [1, 38.6]] },
  news2: { result: { state: 'assessed', value: 9 }, band: { id: 'high' } } as unknown as BedView['news2'],
  devices: [{ id: 'd1', name: 'Monitor', tie: 'connected', online: true, heard: null }, { id: 'd2', name: 'Pump', tie: 'of-bed', online: false, heard: null }],
};
const sent = (to: string, state: OfferState): Dispatch[] => [{ role: 'doctor-on-duty', to: {} as Dispatch['to'], accept_within_s: 60, offers: [{ to, why: { zh: '', en: '' }, at: '', state }] }];
const ALARM = { id: 'a1', alarm: { rule: 'news2-high', bed: 'b1', priority: 'high', title: { zh: 'NEWS2 高', en: 'NEWS2 is high' }, raised_at: '2026-01-01T10:00:00Z', steps: [] }, bed_name: '1 床', calls: true, called: [], sent: sent('li', 'accepted') } as unknown as AlarmView;
const SIGNALLING = { high: { signalling: { word: { zh: '高', en: 'High' } } } };
const OLD = { edge: 'edge-1', is_silent: false, alarms_as_of: null, values_as_of: '2026-01-01T10:00:00Z' };
const FULL = {
  id: 'w', name: '病房', rooms: { r1: '一室', r2: '二室' }, old: [OLD], beds: [EVERYTHING, NOBODY], alarms: [ALARM], escalation: SIGNALLING,
  staff: [{ id: 'wang', name: '王芳', role: 'bed-nurse', places: ['1 床', '2 床'], holds: 1 }, { id: 'li', name: '', role: 'doctor-on-duty', places: [], holds: 0 }],
} as unknown as WardView;
const BARE = { id: 'w', name: '病房', rooms: { r2: '二室' }, old: [], beds: [NOBODY], alarms: [], escalation: SIGNALLING, staff: [] } as unknown as WardView;
const ERRANDS: readonly Errand[] = [{ bed_name: '5 床', sent: sent('wang', 'arrived') }, { bed_name: '6 床', sent: sent('wang', 'declined') }];

/** A canvas that keeps the lines drawn on it; each letter is ten wide. */
const paper = (): CanvasRenderingContext2D & { lines: number } => {
  const made = { lines: 0, fillRect() {}, fillText() {}, strokeRect() {}, beginPath() {}, moveTo() {}, lineTo() {}, stroke: () => (made.lines += 1), measureText: (text: string) => ({ width: text.length * 10 }) };
  return made as unknown as CanvasRenderingContext2D & { lines: number };
};

describe.each([['everything', FULL], ['nothing', BARE]] as const)('a ward with %s', (_, ward) => {
  test.each(['zh', 'en'] as const)('says on each screen what stands in the row, in %s', (language) => {
    const say = sayer(language);
    for (const bed of wardSaid(ward, ERRANDS, say).beds) {
      const words = paintScreen(paper(), bed, say);
      const [name, who, ...rest] = rowText(bed, say);
      // The bed and who lies in it name themselves.
      expect(words.slice(0, 2)).toEqual([name?.[1], who?.[1]]);
      for (const [heading, text] of rest) {
        const at = words.indexOf(heading);
        expect(at, heading).toBeGreaterThan(0);
        // A sign may stand before what it says.
        expect([words.slice(at + 1).join(' '), words.slice(at + 2).join(' ')].some((said) => `${said} `.startsWith(`${text} `)), `${heading}: ${text}`).toBe(true);
      }
    }
  });

  test('says on the boards what stands in the tables of rooms and staff', () => {
    const say = sayer('en');
    const said = wardSaid(ward, ERRANDS, say);
    const painted = BOARDS.map((board) => paintBoard(paper(), boardSaid(board, said), (n) => say('moreRows', { n })).join(' · '));
    for (const room of said.rooms) expect(painted[0]).toContain(roomText(room, say));
    for (const text of said.staff.length === 0 ? [say('noStaff')] : said.staff.map(staffText)) expect(painted[1]).toContain(text);
  });

  test('says on the panel in a headset what the screens and boards say', () => {
    const say = sayer('en');
    const said = wardSaid(ward, ERRANDS, say);
    const told = { ward, said, say, language: 'en', me: 'me', isPast: false, night: false } as const;
    for (const bed of said.beds) {
      const text = bedPanel(bed, told).lines.join('\n');
      for (const one of bed.vitals) expect(text).toContain(`${cellText(one, say)}`);
      for (const { name, state } of bed.devices) expect(text).toContain(`${name} · ${state}`);
    }
    const door = wardPanel(told).lines.join('\n');
    for (const text of [...ward.old.map((one) => oldSaid(one, say)), ...said.staff.map(staffText), ...said.rooms.map((room) => roomText(room, say))]) expect(door).toContain(text);
  });
});

test('what is shown of the beds of an edge says of when it is where that is not now', () => {
  const say = sayer('en');
  const edge = { edge: 'edge-1', is_silent: false, alarms_as_of: null, values_as_of: null };
  const [early, late] = ['2026-01-01T08:00:00Z', '2026-01-02T08:00:00Z'];
  expect(oldSaid({ ...edge, is_silent: true }, say)).toMatch(/since this hospital was started/);
  expect(oldSaid({ ...edge, is_silent: true, alarms_as_of: late, values_as_of: early }, say)).toMatch(/^Nothing .* as of .*2 Jan 2026.*, values .*1 Jan 2026/);
  expect(oldSaid({ ...edge, values_as_of: early }, say)).toMatch(/still sending.*values of its beds are as of .*1 Jan 2026/);
  expect(oldSaid({ ...edge, alarms_as_of: late }, say)).toMatch(/as of .*2 Jan 2026.*, values as of now$/);
});

test('a ward without room for values says so, and says before that there is little', () => {
  for (const language of ['zh', 'en'] as const) {
    const say = sayer(language);
    const told = (room: WardView['room']): string => {
      const ward: WardView = { ...BARE, room };
      const panel = wardPanel({ ward, said: wardSaid(ward, [], say), say, language, me: 'me', isPast: false, night: false });
      return panel.lines.join(' ');
    };
    expect(told('full')).toContain(say('diskFull'));
    expect(told('little')).toContain(say('diskLittle'));
    expect(diskSaid('enough', say)).toBeUndefined();
    expect(told('enough')).not.toContain(say('diskLittle'));
  }
});

test('each value keeps its doubt, its own line and its pair', () => {
  const say = sayer('en');
  const [bed] = wardSaid(FULL, ERRANDS, say).beds;
  const texts = Object.fromEntries(bed ? rowText(bed, say) : []);
  expect(texts).toEqual({
    Bed: '1 床', Patient: '赵敏 Zhao Min 66 y', NEWS2: '9 high', 'Heart rate': '118', SpO2: '90', 'Resp.': '26 too old', Pressure: '95 / 60 too old', 'Temp.': '38.6', Alarms: 'High',
    Devices: '1 / 2 online Monitor · online Pump · offline',
  });
  // The pulse stands in for an old heart rate: its line, not the other's.
  expect(bed?.vitals[0]?.line).toBe(EVERYTHING.lines['pulse']);
  const paint = paper();
  if (bed) paintScreen(paint, bed, say);
  expect(paint.lines).toBe(4);
});

describe('a score with something missing', () => {
  const missing = [{ input: 'temperature_c', why: { zh: '体温太旧', en: 'Temperature is too old' } }];
  const open = (at_least?: object): BedView => ({ ...EVERYTHING, news2: { result: { state: 'not-assessable', missing }, at_least } as unknown as BedView['news2'] });
  const news2 = (bed: BedView, language: 'zh' | 'en') => bedSaid(bed, FULL, sayer(language));

  test.each([
    ['en', 'at least 8', 'high · 1 missing'],
    ['zh', '至少 8', '高 · 缺 1 项'],
  ] as const)('says what it comes to at least, and how much is missing (%s)', (language, value, word) => {
    const said = news2(open({ points: 8, band: { id: 'high', label: { zh: '高', en: 'High' } } }), language);
    expect(said.news2).toEqual({ value, word, band: 'high', missing });
    expect(rowText(said, sayer(language))[2]?.[1]).toBe(`${value} ${word}`);
  });

  test('names no band where the points lie in the lowest, and no points where none are known', () => {
    expect(news2(open({ points: 2 }), 'en').news2).toEqual({ value: 'at least 2', word: '1 missing', band: 'none', missing });
    expect(news2(open(), 'en').news2).toEqual({ value: undefined, word: '1 missing', band: 'none', missing });
  });
});

test('what an alarm stands on has the name of its signal and its unit, in both languages', () => {
  const ward = {
    signals: { systolic: { label: { zh: '收缩压', en: 'Systolic pressure' }, unit: 'mm[Hg]' }, 'bed-occupancy': { label: { zh: '在床', en: 'Bed occupied' }, unit: '1' } },
  } as unknown as WardView;
  const said = (signal: string, value: number) => (['zh', 'en'] as const).map((language) => readingSaid({ signal, value, at: '2026-01-01T10:00:00Z' }, ward, language));
  expect(said('systolic', 88)).toEqual([{ name: '收缩压', value: '88 mmHg' }, { name: 'Systolic pressure', value: '88 mmHg' }]);
  expect(said('bed-occupancy', 0)).toEqual([{ name: '在床', value: '0' }, { name: 'Bed occupied', value: '0' }]);
  // The rules that raised it may have looked at what those of now do not know.
  expect(said('of-before', 3)[1]).toEqual({ name: 'of-before', value: '3' });
});

test('rooms name what is not measured, and staff what they do', () => {
  const { rooms, staff, say } = wardSaid(FULL, ERRANDS, sayer('en'));
  expect(rooms.map((room) => roomText(room, say))).toEqual([
    '一室: Room temperature 22.1 °C · Humidity 45 % · CO2 800 ppm · Noise 41 dB too old · Light none',
    '二室: none',
  ]);
  const chinese = wardSaid(FULL, ERRANDS, sayer('zh'));
  expect(chinese.rooms.map((room) => roomText(room, chinese.say)).at(1)).toBe(`二室：${zh.noValue}`);
  expect(staff.map(staffText)).toEqual(['王芳 · bed nurse · 1 床, 2 床 · answers for 1 alarm · Errand: 5 床 (is there)', 'li · doctor on duty · Errand: 1 床 (comes)']);
});

test('a board that cannot hold everything counts what it leaves out', () => {
  const lines = Array.from({ length: 40 }, (_, n) => `Room ${n}`);
  const words = paintBoard(paper(), { title: 'Room', lines }, (n) => `and ${n} more`);
  const left = 40 - (words.length - 2);
  expect(words.at(-1)).toBe(`and ${left} more`);
  expect(left).toBeGreaterThan(0);
});

describe('the minutes to come', () => {
  const measured = { forecasts: 46, stays: 10, error: 8.2, shown: 40, held: 32 };
  const forecast = { ahead: 15, value: 90, method: 'persistence', is_believed: true, measured } as const;

  test.each(['zh', 'en'] as const)('have an interval, or say why they have none, or nothing (%s)', (language) => {
    const say = sayer(language);
    const band = { low: 84, high: 96 };
    const shown = forecastSaid({ ...forecast, band, held: { held: 9, of: 10 } }, 0, say);
    expect(shown).toMatch(/84\D+96/);
    expect(shown).toMatch(/32/);
    expect(shown).toMatch(/9/);
    const first = forecastSaid({ ...forecast, ahead: 5, band, held: { held: 0, of: 0 } }, 0, say);
    expect(first).toMatch(/84\D+96/);
    expect(first).not.toMatch(/15/);
    const unsure = forecastSaid({ ...forecast, held: { held: 3, of: 10 } }, 0, say);
    expect(unsure).toMatch(/10/);
    expect(unsure).toMatch(/3/);
    expect(unsure).not.toMatch(/90|96/);
    // On recordings such intervals did not hold.
    const none = forecastSaid({ ...forecast, is_believed: false, measured: { ...measured, held: 21 }, held: { held: 9, of: 10 } }, 0, say);
    expect(none).toMatch(/21/);
    expect(none).not.toMatch(/90|96/);
    expect(forecastSaid({ ...forecast, held: { held: 0, of: 0 } }, 0, say)).toBeUndefined();
  });

  test.each(['zh', 'en'] as const)('say how they were made, and how much better that was (%s)', (language) => {
    const say = sayer(language);
    const band = { low: 84, high: 96 };
    const held = { held: 9, of: 10 };
    const trend = forecastSaid({ ...forecast, method: 'damped-trend', band, held }, 0, say);
    expect(trend).toMatch(/46/);
    expect(trend).toMatch(/18 ?%/);
    const stays = forecastSaid({ ...forecast, band, held, measured: { ...measured, error: 10 } }, 0, say);
    expect(stays).toMatch(/46/);
    expect(stays).not.toMatch(/18 ?%/);
  });
});

test('what somebody wrote down says each of its values with its unit', () => {
  const one = (zh: string, en: string, value: string, unit: string) => ({ label: { zh, en }, value: { zh: value, en: value }, unit });
  const said = [one('收缩压', 'Systolic pressure', '60', 'mm[Hg]'), one('吸氧', 'On oxygen', 'yes', '1')];
  const entered = { id: 'o', at: '2026-01-01T10:00:00Z', by: 'wang', said, at_edge: false };
  expect(enteredSaid(entered, 'en')).toBe('Systolic pressure: 60 mmHg; On oxygen: yes');
  expect(enteredSaid(entered, 'zh')).toBe('收缩压：60 mmHg；吸氧：yes');
});

test('of what is asked at the bedside only what was filled in is said', () => {
  const asked = [{ name: 'temperature_c', kind: 'number' }, { name: 'on_oxygen', kind: 'yes-no' }, { name: 'consciousness', kind: 'choice' }, { name: 'confused', kind: 'yes-no' }];
  const form = (values: Record<string, string>): Pick<FormData, 'get'> => ({ get: (name) => values[name] ?? null });
  expect(filledIn(asked, form({ temperature_c: '38.5', on_oxygen: 'no', consciousness: 'A', confused: '' }))).toEqual({ temperature_c: 38.5, on_oxygen: false, consciousness: 'A' });
  expect(filledIn(asked, form({ temperature_c: '', confused: '' }))).toEqual({});
});

test('an alarm of a device names it, with its own words or what is measured of it', () => {
  const signals = { 'device-clock': { label: { zh: '设备时钟偏慢', en: 'The clock is slow by' }, unit: 's' } };
  const ward = { ...FULL, equipment: { m: 'Monitor 3' }, signals } as unknown as WardView;
  const of = (more: object): AlarmView => ({ ...ALARM, alarm: { ...ALARM.alarm, steps: [], said: [], ...more } });
  const raised = (signal: string, value: number) => [{ at: '', step: 'raised', read: [{ signal, value, at: '' }] }];
  expect(deviceSaid(of({}), ward, 'en')).toBeUndefined();
  expect(deviceSaid(of({ device: 'm', steps: raised('device-clock', 130) }), ward, 'en')).toBe('Monitor 3: The clock is slow by 130 s');
  expect(deviceSaid(of({ device: 'gone', said: ['leads off', 'paper out'] }), ward, 'zh')).toBe('gone：leads off；paper out');
});

test('what is asked at the bedside says in which unit', () => {
  const asked = (unit?: string) => ({ label: { zh: '收缩压', en: 'Systolic pressure' }, ...(unit && { unit }) });
  expect(askedSaid(asked('mm[Hg]'), 'zh')).toBe('收缩压（mmHg）');
  expect(askedSaid(asked('Cel'), 'en')).toBe('Systolic pressure (°C)');
  expect([askedSaid(asked('1'), 'en'), askedSaid(asked(), 'en')]).toEqual(['Systolic pressure', 'Systolic pressure']);
});

test('what a score asks for is said with how often to observe, where it says so', () => {
  const band = { id: 'high', label: { zh: '', en: '' }, response: { zh: '急救团队', en: 'Emergency response' } };
  const observe = { zh: '连续监测', en: 'Continuously' };
  expect(responseSaid({ band, observe }, 'en')).toBe('Emergency response · Continuously');
  expect(responseSaid({ band }, 'zh')).toBe('急救团队');
  expect([responseSaid({ observe }, 'en'), responseSaid(undefined, 'en')]).toEqual([undefined, undefined]);
});
