import { describe, expect, it } from 'vitest';
import { BoardKeys } from './board-keys';
import { INK_STEP, PenLine } from './pen-line';
import type { BoardPoint } from './room-view';

function pen() {
  const placed: (readonly BoardPoint[])[] = [];
  const line = new PenLine<BoardPoint>(INK_STEP);
  const keys = new BoardKeys(line, (points) => placed.push(points));
  const press = (key: string, shiftKey = false) => keys.press({ key, shiftKey, altKey: false, ctrlKey: false, metaKey: false });
  return { placed, line, keys, press };
}

describe('the pen on a board by keyboard', () => {
  it('draws from point to point and ends where Enter is pressed once more', () => {
    const { placed, keys, press } = pen();
    expect([press('Enter'), press('ArrowRight', true), press('Enter'), press('ArrowUp'), press(' ')]).toEqual(['line-point', 'led', 'line-point', 'led', 'line-point']);
    expect(placed).toEqual([]);
    expect(press('Enter')).toBe('placed');
    expect(placed).toEqual([[[0.5, 0.5], [0.6, 0.5], [0.6, 0.48]]]);
    // The next line begins where this one ended.
    expect([press('Enter'), keys.at]).toEqual(['line-point', [0.6, 0.48]]);
  });

  it('stays on the board', () => {
    const { keys, press } = pen();
    for (let i = 0; i < 8; i += 1) press('ArrowLeft', true);
    for (let i = 0; i < 8; i += 1) press('ArrowDown', true);
    expect(keys.at).toEqual([0, 1]);
  });

  it('gives up what was begun, and makes no line of one point', () => {
    const { placed, line, keys, press } = pen();
    press('Enter');
    press('ArrowUp');
    expect([press('Escape'), line.points, keys.at]).toEqual(['cancelled', [], undefined]);
    expect(press('Escape')).toBeUndefined();
    expect([press('Enter'), press('Enter'), placed]).toEqual(['line-point', 'cancelled', []]);
  });

  it('leaves other keys, and keys of the browser, to others', () => {
    const { keys, press } = pen();
    expect([press('Tab'), press('a'), ...[{ ctrlKey: true }, { altKey: true }].map((held) => keys.press({ key: 'ArrowLeft', shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...held }))]).toEqual([undefined, undefined, undefined, undefined]);
  });
});
