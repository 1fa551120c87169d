/** The ward as it is walked: beds in their rows, the way between them free, and a panel that says what the table says. */
import { Mesh } from 'three';
import { describe, expect, test } from 'vitest';
import type { Alarm } from '../../../../contract/alarms';
import { PlaceScene } from '../../../../client/stage/places/place-scene';
import { fill } from '../../../../client/words/words';
import type { PanelContent } from '../../../../client/xr/panel';
import { bedPlaces, boardPlaces, entrance, wardDesign } from './place';
import { bedSaid, wardSaid } from './said';
import { bedPanel, wardPanel } from './told';
import type { Told } from './told';
import type { AlarmView, BedView, VitalNow, WardView } from './ward';
import type { Say } from './words';
import en from './words.en.json';
import zh from './words.zh.json';

const WORDS = { en, zh };

const meshesOf = ({ group }: PlaceScene): Mesh[] => {
  const all: Mesh[] = [];
  group.traverse((part) => {
    if (part instanceof Mesh) all.push(part);
  });
  return all;
};

describe.each([1, 2, 6, 7])('a ward of %i beds', (beds) => {
  const place = new PlaceScene(wardDesign(beds, false));
  const at = bedPlaces(beds);

  test('has each bed at a place of its own, where nobody can stand', () => {
    expect(new Set(at.map(String)).size).toBe(beds);
    for (const [x, , z] of at) expect(place.free(x, z)).toBe(false);
  });

  test('can be walked from the door to the foot of each bed', () => {
    const [door] = entrance(beds);
    for (const [x, , z] of at) {
      for (let along = Math.min(door, x); along <= Math.max(door, x); along += 0.1) expect(place.free(along, 0), `${along} in the aisle`).toBe(true);
      expect(place.free(x, z - Math.sign(z) * 1.75)).toBe(true);
    }
    expect(place.free(1e3, 0)).toBe(false);
  });

  test('has a board on each side of the door, on the wall and clear of what hangs there', () => {
    const { rooms, staff } = boardPlaces(beds);
    expect(rooms[2]).toBe(-staff[2]);
    for (const [x, , z] of [rooms, staff]) {
      expect(x).toBeCloseTo(-wardDesign(beds, false).size_m[0] / 2, 1);
      expect(Math.abs(z)).toBeGreaterThan(1);
    }
  });

  test('is drawn in few calls', () => {
    // Walls and furniture without their models, which come later.
    expect(meshesOf(place).length).toBeLessThan(25);
  });
});

test('at night less light falls on everything', () => {
  const sum = (night: boolean): number => {
    let [total, count] = [0, 0];
    for (const part of meshesOf(new PlaceScene(wardDesign(6, night)))) {
      const colours = part.geometry.getAttribute('color');
      for (let i = 0; i < colours.count; i++) [total, count] = [total + colours.getX(i) + colours.getY(i) + colours.getZ(i), count + 1];
    }
    return total / count;
  };
  expect(sum(true)).toBeLessThan(sum(false) * 0.5);
});

const vital = (signal: string, value: number | undefined, fresh: boolean): VitalNow => ({ signal, label: { zh: '心率', en: 'Heart rate' }, unit: '/min', decimals: 0, ...(value === undefined ? {} : { value }), fresh });
const bed: BedView = {
  id: 'b1', name: '1 床', room: null, occupied: true, patient: { id: 'p', name: '赵敏 Zhao Min', age: 66, sex: 'female' },
  vitals: [vital('heart-rate', 118, true), vital('spo2', 90, false), vital('temperature', undefined, false)],
  from_home: [],
  lines: {}, limits: {}, forecasts: {}, news2: null, scores: [], sources: {}, devices: [], doubts: [], late: 0, unkept: [],
};
const alarm = { rule: 'news2-high', bed: 'b1', priority: 'high', title: { zh: 'NEWS2 高', en: 'NEWS2 is high' }, raised_at: '2026-01-01T10:00:00Z', steps: [] } as unknown as Alarm;
const view = (taken?: string): AlarmView => ({
  id: 'a1', alarm: { ...alarm, ...(taken === undefined ? {} : { taken: { by: taken, at: '2026-01-01T10:01:00Z' } }) } as Alarm, bed_name: '1 床', calls: taken === undefined, called: [], mine: true, last_known: null, here: [],
  sources: {}, plan: null, run: null, overdue: [], sent: [], asked: false, equipment: [],
});
const ward = (alarms: readonly AlarmView[]): WardView =>
  ({ now: '2026-01-01T10:02:00Z', id: 'w', name: '呼吸病房', rooms: {}, old: [], beds: [bed], alarms, staff: [{ id: 'me', name: '王芳', role: 'bed-nurse', places: [], holds: 0 }], escalation: { high: { signalling: { word: { zh: '高', en: 'High' } } } }, plans: [] }) as unknown as WardView;
const told = (alarms: readonly AlarmView[], language: 'zh' | 'en' = 'en', isPast = false): Told => {
  const say: Say = (word, params) => fill(WORDS[language][word], params ?? {});
  const view = ward(alarms);
  return { ward: view, said: wardSaid(view, [], say), say, language, me: 'me', isPast, night: false };
};
const panelOf = (one: Told): PanelContent => bedPanel(bedSaid(bed, one.ward, one.say), one);
const ids = (panel: { buttons: readonly { id: string }[] }): string[] => panel.buttons.map(({ id }) => id);

describe('the panel at a bed', () => {
  test('says who, each value with its unit, what is old and what is not measured', () => {
    const { title, lines } = panelOf(told([]));
    expect(title).toBe('1 床 · 赵敏 Zhao Min 66 y');
    const all = lines.join('\n');
    expect(all).toContain('Heart rate (/min) 118');
    expect(all).toContain('SpO2 (/min) 90 too old');
    expect(all).toContain('Temp. (/min) –');
    expect(all).toContain('Devices: none');
    expect(ids(panelOf(told([])))).toEqual(['door', 'night', 'leave']);
  });

  test('offers to take an alarm, in both languages, and says who took it', () => {
    expect(panelOf(told([view()], 'zh')).lines.join('\n')).toContain('▲ 高 · NEWS2 高');
    expect(ids(panelOf(told([view()])))).toContain('take:a1');
    const taken = panelOf(told([view('me')]));
    expect(taken.lines.join('\n')).toContain('Taken by 王芳');
    expect(ids(taken)).toContain('give-back:a1');
    expect(ids(taken)).not.toContain('take:a1');
  });

  test('of the past offers nothing to do', () => {
    expect(ids(panelOf(told([view()], 'en', true)))).toEqual(['door', 'night', 'leave']);
  });
});

test('the panel of the ward names its alarms and the way to each bed', () => {
  const { title, lines, buttons } = wardPanel(told([view()]));
  expect([title, ...lines].join('\n')).toMatch(/呼吸病房[\s\S]*1 open alarm, 1 not taken[\s\S]*▲ High · 1 床 · NEWS2 is high/);
  expect(buttons[0]).toEqual({ id: 'go:b1', label: 'To 1 床' });
});
