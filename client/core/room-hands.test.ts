import { expect, test } from 'vitest';
import { translate } from '../words/words';
import type { App } from './app';
import { firstOf, handNews, heldWords, inHand } from './room-hands';

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

test('of all that is in hands what one is asked for comes first, then what one asks for, then what another has', () => {
  const held = (entity: number, holder: number, asked: number[] = []): NonNullable<ReturnType<typeof inHand>> => ({ entity, holder, isOwn: holder === 1, asked, hasAsked: asked.includes(1) });
  const [own, others, wanted, demanded] = [held(1, 1), held(2, 2), held(3, 2, [1]), held(4, 1, [2])];
  expect(firstOf([own, others, wanted, demanded])).toBe(demanded);
  expect(firstOf([own, others, wanted])).toBe(wanted);
  expect(firstOf([own, others])).toBe(others);
  expect(firstOf([own])).toBe(own);
  expect(firstOf([])).toBeUndefined();
});

test('what is in a hand is called by what it is and what it is about', () => {
  const t: App['t'] = (key, params) => translate('en', key, params);
  const transform = { position_m: [0, 1, 0], rotation: [0, 0, 0, 1], scale: 1 } as const;
  expect(heldWords({ type: 'board', title: 'Plan', transform }, t)).toEqual({ what: 'the board “Plan”', it: 'it' });
  expect(heldWords({ type: 'board', title: '', transform }, t)).toEqual({ what: 'the board', it: 'it' });
  expect(heldWords({ type: 'page', path: '/devices', title: '', transform }, t).what).toMatch(/^the page “.+”$/);
  expect(heldWords(undefined, t)).toEqual({ what: 'the images', it: 'them' });
});
