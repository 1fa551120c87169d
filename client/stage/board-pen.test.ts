import { Vector3 } from 'three';
import { expect, test } from 'vitest';
import { BoardPen } from './board-pen';
import { LONGEST_LINE } from './pen-line';
import type { Act, BoardPoint, RoomView } from './room-view';
import type { Things } from './things';

test('a line on a board goes on for as long as the pen is down, in as many points as the room takes', () => {
  const acts: Act[] = [];
  let at: BoardPoint = [0, 0];
  const boards = { hit: () => ({ board: 7, at }), draft: undefined };
  const pen = new BoardPen({ act: (act: Act) => void acts.push(act) } as unknown as RoomView, { movable: true, boards } as unknown as Things);
  const [origin, direction] = [new Vector3(), new Vector3(0, 0, -1)];
  expect(pen.begin(origin, direction)).toBe(true);
  // To and fro over the whole board, eight times.
  for (let step = 1; step <= 800; step++) {
    at = [Math.abs((((step / 100) + 1) % 2) - 1), step / 800];
    pen.go(origin, direction);
  }
  pen.end();
  expect(pen.down).toBe(false);
  const [act] = acts;
  const points = act?.act === 'add' && act.entity.type === 'ink' ? act.entity.points : [];
  expect(acts).toHaveLength(1);
  expect(points.length).toBeLessThanOrEqual(LONGEST_LINE);
  expect(points[0]).toEqual([0, 0]);
  expect(points.at(-1)?.[1]).toBeGreaterThan(0.95);
});
