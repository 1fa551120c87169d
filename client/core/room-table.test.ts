import { expect, test } from 'vitest';
import type { Poses } from '../stage/room-view';
import { PLACES } from './room-seats';
import { REACH_CM, TABLE_TOP_M, fromAbove, namesBeside, onTable, reachOver, whereAbove, withinPicture } from './room-table';
import type { NameSide, Named } from './room-table';

test('what is pointed at from above lies on the table, and is seen where it was pointed at', () => {
  expect(onTable([0.5, 0.5])).toEqual([0, TABLE_TOP_M, 0]);
  expect(onTable([0, 1])).toEqual([-1.32, TABLE_TOP_M, 1.32]);
  expect(fromAbove(onTable([0.25, 0.75]))).toEqual([-66, 66]);
  // A laser at a wall is seen at the edge.
  expect(withinPicture([4, 1.5, -0.25])).toEqual([REACH_CM, -25]);
});

const head = (x: number, z: number): Poses => ({ head: { position_m: [x, 1.6, z], rotation: [0, 0, 0, 1] } });
const seeing = (poses: Readonly<Record<string, Poses>>) => ({ poses: (id: string) => poses[id] });

test('people are where their heads are, in the same picture as lasers and lines, else at the place that is theirs', () => {
  const view = seeing({ '2': head(0.5, -1) });
  const at = (id: number, place: number) => whereAbove(view, { id, place }, 0, REACH_CM);
  expect(at(2, 9)).toEqual(fromAbove([0.5, 1.6, -1]));
  // Behind the table, to the right and to the left.
  const [[right, back], [left, too]] = [at(1, 0), at(3, 1)];
  expect(right).toBeGreaterThan(50);
  expect(left).toBe(-right);
  expect(back).toBeLessThan(-50);
  expect(too).toBe(back);
  // Who walks out of the picture stands at its edge.
  expect(whereAbove(seeing({ '2': head(4, 0.2) }), { id: 2, place: 0 }, 0, REACH_CM)).toEqual([REACH_CM, 20]);
});

test('nobody’s mark moves when another comes or goes, and the picture reaches to whole rings of places', () => {
  const people = [1, 2, 3, 4].map((id) => ({ id, place: id - 1 }));
  const marks = (of: typeof people) => new Map(of.map((one) => [one.id, whereAbove(seeing({}), one, 0, reachOver(of.map(({ place }) => place)))]));
  const [all, fewer] = [marks(people), marks(people.filter(({ id }) => id !== 2))];
  for (const [id, at] of fewer) expect(at).toEqual(all.get(id));
  const reaches = PLACES.map((_, place) => reachOver(Array.from({ length: place + 1 }, (_, i) => i)));
  expect([...new Set(reaches)]).toEqual([REACH_CM, 211, 290, 369]);
  expect(reaches).toEqual([...reaches].sort((a, b) => a - b));
});

const SIZES = { mark_px: 32, letter_px: 12, longest_px: 112, aside_px: 500 };

test('a name stands below its mark, else where nothing is in its way, and nowhere where there is no room', () => {
  const named = (id: number, x: number, y = 0, name = 'Li Wei'): Named => ({ id, name, at_px: [x, y] });
  expect([...namesBeside([named(1, 0), named(2, 100)], SIZES)]).toEqual([[1, 'below'], [2, 'below']]);
  expect([...namesBeside([named(1, 0), named(2, 36)], SIZES)]).toEqual([[1, 'below'], [2, 'above']]);
  expect([...namesBeside([named(1, 0), named(2, 36), named(3, 18, -40)], SIZES)]).toEqual([[1, 'below'], [2, 'right'], [3, 'above']]);
  // Letters as wide as high take more room; a long name is cut.
  expect(namesBeside([named(1, 0, 0, '李伟'), named(2, 30, 0, '陈静')], SIZES).get(2)).toBe('below');
  expect(namesBeside([named(1, 0, 0, '欧阳建国'), named(2, 30, 0, '陈静')], SIZES).get(2)).toBe('above');
  expect([...namesBeside([named(1, 0, 0, 'x'.repeat(80)), named(2, 120, 0, 'x'.repeat(80))], SIZES).values()]).toEqual(['below', 'below']);
  // Beyond the picture's edge no name is read.
  expect(namesBeside([named(1, 0)], { ...SIZES, aside_px: 10 }).size).toBe(0);
});

/** Where the middle of a name is from its mark, in halves of its width and of its height beside those of the mark. */
const TOWARDS: Readonly<Record<NameSide, readonly [number, number]>> = { below: [0, 1], above: [0, -1], right: [1, 0], left: [-1, 0] };

test('no two names of a full room lie on each other, however small the picture', () => {
  for (const each_px of [0.29, 0.52]) {
    const people = PLACES.map((_, place) => {
      const [x, y] = whereAbove(seeing({}), { id: place, place }, 0, 369);
      return { id: place, name: '欧阳建国', at_px: [x * each_px, y * each_px] as const };
    });
    const mark_px = Math.min(32, 60 * each_px);
    const sides = namesBeside(people, { ...SIZES, mark_px });
    expect(sides.size).toBeGreaterThan(10);
    const middles = people.flatMap(({ id, at_px: [x, y] }) => {
      const side = sides.get(id);
      if (!side) return [];
      const [right, down] = TOWARDS[side];
      return [[x + right * (mark_px / 2 + 24), y + down * (mark_px / 2 + 8.4)] as const];
    });
    const apart = middles.flatMap(([x, y], i) => middles.slice(i + 1).map(([u, v]) => Math.abs(x - u) > 47.9 || Math.abs(y - v) > 16.7));
    expect(apart).not.toContain(false);
  }
});
