import { describe, expect, it } from 'vitest';
import { MARK_m, anchorOf, boxOf, doingOf, drawnMarks, leftOf, noRoomWord } from './command';
import type { CommandView, Keeps, Placed, Position } from './command';
import { sayIn } from './words';

const placed = (id: string, position: Partial<Position> | null): Placed => ({
  id, name: id, role: '', room: null, tag: null, free: true, keeps: null, outside: false, alarm: null,
  position: position && { floor_m: null, place: null, at: '2026-01-01T10:00:00Z', uncertainty_m: null, ...position },
});

describe('the plan of a ward', () => {
  it('has a box around everything, and none around nothing', () => {
    expect(boxOf([[0, 0], [6, 5], [-2, 3]])).toEqual([-3, -1, 10, 7]);
    expect(boxOf([])).toBeUndefined();
  });

  it('draws what says the same room by its name side by side, and nothing whose place is not drawn', () => {
    const view = {
      people: [placed('nurse', { place: 'r2', floor_m: [9, 2] }), placed('doctor', null)],
      equipment: [placed('pump', { place: 'r2', floor_m: [9, 2] }), placed('trolley', { floor_m: [1, 1] })],
      patients: [placed('p', { place: 'lobby' })],
    } as unknown as CommandView;
    const marks = drawnMarks(view).map(({ one, at_m }) => [one.id, ...at_m.map((metres) => Number(metres.toFixed(2)))]);
    expect(marks).toEqual([['pump', 8.55, 2], ['trolley', 1, 1], ['nurse', 9.45, 2]]);
  });

  it('lets the name of a mark near an edge run inwards', () => {
    const box = [-1, -1, 20, 11] as const;
    expect(anchorOf(9, box)).toEqual({ anchor: 'middle', by_m: 0 });
    expect(anchorOf(0, box)).toEqual({ anchor: 'start', by_m: -MARK_m });
    expect(anchorOf(16.5, box)).toEqual({ anchor: 'end', by_m: MARK_m });
  });

  it('does not call a place unknown that a tag measured', () => {
    const of = (position: Partial<Position> | null, outside = false) => noRoomWord({ ...placed('a', position), outside });
    expect(of({ floor_m: [9, 7] })).toBe('inNoRoom');
    expect(of({ floor_m: [9, 17] }, true)).toBe('outsideWard');
    expect([of(null), of({ place: 'attic' })]).toEqual(['unknownPlace', 'unknownPlace']);
  });
});

describe('what somebody or something does', () => {
  it('is said with why they cannot be sent', () => {
    const say = sayIn(() => 'en');
    const doing = (keeps: Keeps | null): string => doingOf({ keeps }, say);
    expect(doing(null)).toBe('free');
    expect(doing({ why: 'errand', place: 'Bed 5' })).toBe('not free: on an errand, Bed 5');
    expect(doing({ why: 'errand', place: null })).toBe('not free: on an errand');
    expect(doing({ why: 'fault', place: null })).toBe('not free: broken');
    expect(doingOf({ keeps: { why: 'patient', place: null } }, sayIn(() => 'zh'))).toBe('不空闲：正用于患者');
  });
});

describe('the time of a step', () => {
  const started = '2026-01-01T10:00:00Z';
  const after = (seconds: number): number => Date.parse(started) + seconds * 1000;

  it('runs down, and then counts how long it is over', () => {
    expect(leftOf(started, 180, after(0))).toEqual({ isOver: false, time: '3:00' });
    expect(leftOf(started, 180, after(175))).toEqual({ isOver: false, time: '0:05' });
    expect(leftOf(started, 180, after(180))).toEqual({ isOver: false, time: '0:00' });
    expect(leftOf(started, 180, after(250))).toEqual({ isOver: true, time: '1:10' });
  });
});
