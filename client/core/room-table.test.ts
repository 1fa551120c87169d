import { expect, test } from 'vitest';
import { REACH_CM, TABLE_TOP_M, fromAbove, onTable, withinPicture } from './room-table';

test('what is pointed at from above lies on the table, and is seen where it was pointed at', () => {
  expect(onTable([0.5, 0.5])).toEqual([0, TABLE_TOP_M, 0]);
  expect(onTable([0, 1])).toEqual([-1.32, TABLE_TOP_M, 1.32]);
  expect(fromAbove(onTable([0.25, 0.75]))).toEqual([-66, 66]);
  // A laser at a wall is seen at the edge.
  expect(withinPicture([4, 1.5, -0.25])).toEqual([REACH_CM, -25]);
});
