import { expect, test } from 'vitest';
import { BoardDrag } from './board-drag';
import { INK_STEP, PenLine } from './pen-line';
import type { BoardPoint } from './room-view';

/** A picture of 100 CSS pixels. */
function picture() {
  const line = new PenLine<BoardPoint>(INK_STEP);
  const drag = new BoardDrag(line);
  const at = (x: number) => [{ clientX: x, clientY: 50 }, [x / 100, 0.5]] as const;
  return { line, drag, begin: (x: number) => drag.begin(...at(x)), lead: (x: number) => drag.lead(...at(x)) };
}

test('what is dragged is a line, also where it comes back to where it began', () => {
  const { drag, begin, lead } = picture();
  begin(50);
  expect([lead(60), lead(60), lead(50), drag.isDown]).toEqual([true, false, true, true]);
  expect(drag.end()).toEqual([[0.5, 0.5], [0.6, 0.5], [0.5, 0.5]]);
  expect(drag.isDown).toBe(false);
});

test('a tap that trembles draws nothing, after a line too', () => {
  const { line, drag, begin, lead } = picture();
  begin(20);
  lead(40);
  drag.end();
  begin(50);
  for (const x of [52, 49, 53, 51]) lead(x);
  expect([drag.end(), line.points]).toEqual([undefined, []]);
});

test('a pointer that is not down leaves a line of the keys as it is', () => {
  const { line, drag, lead } = picture();
  line.add([0.1, 0.1]);
  line.add([0.2, 0.1]);
  expect([lead(60), drag.end(), line.points]).toEqual([false, undefined, [[0.1, 0.1], [0.2, 0.1]]]);
});
