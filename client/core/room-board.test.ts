import { expect, test } from 'vitest';
import { boardFromRoom, roomFromBoard } from './room-board';
import { SPOTS } from './room-standing';

/** It looks along the room's x, so that its left edge is in front. */
const ASIDE = { position_m: [2, 1.5, 0], rotation: [0, Math.SQRT1_2, 0, Math.SQRT1_2], scale: 0.5 } as const;

test('a point of a board is where it is seen in the room, and back', () => {
  expect(roomFromBoard(ASIDE, [0, 0]).map((m) => Number(m.toFixed(4)))).toEqual([2, 1.725, 0.4]);
  for (const transform of [ASIDE, ...Object.values(SPOTS)]) {
    const back = boardFromRoom(transform, roomFromBoard(transform, [0.25, 0.9]));
    expect(back?.map((share) => Number(share.toFixed(3)))).toEqual([0.25, 0.9]);
  }
});

test('a laser that ends beside a board or before it is not on it', () => {
  expect(boardFromRoom(ASIDE, [2, 1.5, 0.41])).toBeUndefined();
  expect(boardFromRoom(ASIDE, [2.1, 1.5, 0])).toBeUndefined();
  expect(boardFromRoom(ASIDE, [2.005, 1.5, 0.1])).toBeDefined();
});
