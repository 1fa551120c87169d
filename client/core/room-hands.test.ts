import { expect, test } from 'vitest';
import { handNews, inHand } from './room-hands';

const room = (self: number, holds: [number, number][], asked: [number, number[]][] = []): Parameters<typeof inHand>[0] => ({ self, holds: new Map(holds), asked: new Map(asked) });
const seen = (self: number, holder?: number, asked: number[] = []): ReturnType<typeof inHand> =>
  inHand(room(self, holder === undefined ? [] : [[1, holder]], [[1, asked]]), 1);

test('what is in a hand is seen with who asks for it', () => {
  expect(inHand(room(1, [[1, 2]], [[1, [3, 1]]]), 1)).toEqual({ entity: 1, holder: 2, isOwn: false, asked: [3, 1], hasAsked: true });
  expect(inHand(room(1, [[1, 1]]), 1)).toEqual({ entity: 1, holder: 1, isOwn: true, asked: [], hasAsked: false });
  expect(inHand(room(1, [[7, 1]]), 1)).toBeUndefined();
  expect(inHand(room(1, [[7, 1]]), undefined)).toBeUndefined();
});

test('who holds it hears once of each who asks', () => {
  expect(handNews(seen(1, 1), seen(1, 1, [2]))).toEqual([{ said: 'asks', whose: 2 }]);
  expect(handNews(seen(1, 1, [2]), seen(1, 1, [2, 3]))).toEqual([{ said: 'asks', whose: 3 }]);
  expect(handNews(seen(1, 1, [2]), seen(1, 1))).toEqual([]);
});

test('who asked hears whether it was given, kept, or let go', () => {
  const asking = seen(1, 2, [1, 3]);
  expect(handNews(asking, seen(1, 1, [3]))).toEqual([{ said: 'yours', whose: 2 }, { said: 'asks', whose: 3 }]);
  expect(handNews(asking, seen(1, 2))).toEqual([{ said: 'keeps', whose: 2 }]);
  expect(handNews(asking, seen(1))).toEqual([{ said: 'free' }]);
  expect(handNews(asking, seen(1, 3, [1]))).toEqual([]);
  expect(handNews(seen(1, 2, [3]), seen(1))).toEqual([]);
});
