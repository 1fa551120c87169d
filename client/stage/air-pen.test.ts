import { Vector3 } from 'three';
import { expect, test } from 'vitest';
import { AirLines } from './air-lines';
import { AirPen } from './air-pen';
import { LONGEST_LINE } from './pen-line';
import type { Act, EntityId, Placed, RoomView } from './room-view';

function opened(able = true): { pen: AirPen; lines: AirLines; acts: Act[]; steps: string[]; entities: Map<EntityId, Placed> } {
  const [acts, steps, entities]: [Act[], string[], Map<EntityId, Placed>] = [[], [], new Map()];
  const room = { entities: () => entities, participants: () => [{ id: '1', name: 'Li', account: 'li', colour: '#e69f00' }], act: (act: Act) => void acts.push(act) } as unknown as RoomView;
  const lines = new AirLines(room);
  const pen = new AirPen(room, lines, () => able);
  pen.onStep = (step) => steps.push(step);
  return { pen, lines, acts, steps, entities };
}
const line = (acts: readonly Act[]): readonly (readonly number[])[] => acts.flatMap((act) => (act.act === 'add' && act.entity.type === 'line' ? [...act.entity.points_m] : []));

test('a hand draws a line where it is, to the millimetre, and everybody sees it when it is lifted', () => {
  const { pen, lines, acts, steps } = opened();
  expect(pen.begin(new Vector3(0.12345, 1.2, -0.5))).toBe(true);
  pen.go(new Vector3(0.124, 1.2, -0.5));
  pen.go(new Vector3(0.2, 1.3, -0.5));
  expect(lines.draft).toEqual([[0.123, 1.2, -0.5], [0.2, 1.3, -0.5]]);
  expect(acts).toEqual([]);
  pen.end();
  expect(line(acts)).toEqual([[0.123, 1.2, -0.5], [0.2, 1.3, -0.5]]);
  expect([lines.draft, steps, pen.down]).toEqual([[], ['placed'], false]);
  // Who only touched draws nothing.
  pen.begin(new Vector3(0, 1, 0));
  pen.end();
  expect(acts).toHaveLength(1);
});

test('a line that goes on and on is one that the room takes', () => {
  const { pen, acts } = opened();
  pen.begin(new Vector3(0, 1, 0));
  for (let n = 1; n < 1000; n++) pen.go(new Vector3(n / 100, 1, 0));
  pen.go(new Vector3(21, 1, 0));
  pen.end();
  expect(line(acts).length).toBeLessThanOrEqual(LONGEST_LINE);
  expect(Math.max(...line(acts).map(([x]) => x ?? NaN))).toBeGreaterThan(9.9);
  expect(JSON.stringify(acts).length).toBeLessThan(16 * 1024);
});

test('by keys each Enter sets a point, and the last one again ends the line', () => {
  const { pen, acts, steps } = opened();
  pen.use();
  expect([acts, steps]).toEqual([[], ['line-point']]);
  pen.step(new Vector3(0.1, 0, 0));
  pen.use();
  pen.use();
  expect(steps).toEqual(['line-point', 'line-point', 'placed']);
  const [from, to] = line(acts);
  expect((to?.[0] ?? NaN) - (from?.[0] ?? NaN)).toBeCloseTo(0.1);
  pen.use();
  pen.cancel();
  expect(steps.at(-1)).toBe('cancelled');
  expect(acts).toHaveLength(1);
});

test('of one point by keys nothing is drawn, which is said, and the pen stays where it was led', () => {
  const { pen, lines, acts, steps } = opened();
  pen.step(new Vector3(0.1, 0, 0));
  pen.use();
  pen.use();
  expect([steps, acts, lines.draft]).toEqual([['line-point', 'cancelled'], [], []]);
  pen.use();
  expect(lines.draft.map(([x]) => x)).toEqual([0.1]);
});

test('a pointer draws on the plane that faces the eye, and nothing behind it', () => {
  const eye = new Vector3(0, 1.36, 2);
  const ahead = new Vector3(0, 0, -1);
  const under = AirPen.under(eye, new Vector3(0.3, 0.1, -1).normalize(), ahead);
  expect(under?.z).toBeCloseTo(0);
  expect(under?.x).toBeCloseTo(0.6);
  expect(AirPen.under(new Vector3(0, 1.36, -2), ahead, ahead)).toBeUndefined();
});

test('who works with nothing here draws nothing', () => {
  const { pen, acts } = opened(false);
  expect(pen.begin(new Vector3(0, 1, 0))).toBe(false);
  pen.step(new Vector3(0.1, 0, 0));
  pen.use();
  pen.use();
  pen.end();
  expect(acts).toEqual([]);
});

test('a line is drawn once, in the colour of its author, and gone with its entity', () => {
  const { lines, entities } = opened();
  entities.set(3, { by: 'li', entity: { type: 'line', points_m: [[0, 1, 0], [0.5, 1.5, 0], [1, 1, 0]] } });
  expect([lines.show(), lines.show()]).toEqual([true, false]);
  const drawn = lines.group.getObjectsByProperty('name', 'air-line');
  expect(drawn).toHaveLength(1);
  expect(JSON.stringify(drawn[0]?.toJSON())).toContain('"color":15113984');
  entities.delete(3);
  expect(lines.show()).toBe(true);
  expect(lines.group.getObjectsByProperty('name', 'air-line')).toHaveLength(0);
});
