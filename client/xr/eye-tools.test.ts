import { Vector3 } from 'three';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Space } from '../stage/space';
import { EyeTools } from './eye-tools';

const EYE = new Vector3(0, 1.2, 2);
/** What is there to be seen: the images, a board or a page, and where on it. */
const seen = vi.hoisted(() => ({ images: false }));
vi.mock('../stage/picking', () => ({
  pick: (_: unknown, origin: Vector3, direction: Vector3) => (seen.images ? { lps_mm: [1, 2, 3], room: origin.clone().addScaledVector(direction, 2) } : undefined),
}));

let eyes: EyeTools;
let done: unknown[];
let space: { tool: string; twin: object | undefined; things: { movable: boolean } };
let board: { board: number; distance: number } | undefined;
let page: { page: number; distance: number; isAbove: boolean; isAtEdge: boolean } | undefined;

beforeEach(() => {
  [done, board, page, seen.images] = [[], undefined, undefined, false];
  const tools = { use: (at: unknown) => done.push(['use', at]), endLine: () => done.push('line ends') };
  const made = {
    tool: 'turn',
    twin: { tools, hologram: { lpsDirection: () => [0, 0, 1] } },
    things: { movable: true, boards: { hit: () => board } },
    pages: { hit: () => page },
    pen: { begin: () => done.push('board begins'), go: () => done.push('board goes on'), end: () => done.push('board ends') },
    air: { begin: ({ x, y, z }: Vector3) => done.push(['air begins', x, y, z]), go: () => done.push('air goes on'), end: () => done.push('air ends') },
    aim: (origin: Vector3, direction: Vector3, hit: Vector3 | undefined) => hit ?? origin.clone().addScaledVector(direction, 4),
    press: () => done.push('press'),
    thingAt: () => page?.page ?? board?.board,
  };
  space = made;
  eyes = new EyeTools(made as unknown as Space);
});

/** Rests on what is `right` of the middle, in metres at two metres' distance. */
function rest(right = 0, hasHand = false): void {
  eyes.looked(EYE, new Vector3(right, 0, -2).normalize(), hasHand)?.choose();
}

test('a page is pressed at its edges, and read between them', () => {
  page = { page: 5, distance: 1.5, isAbove: false, isAtEdge: false };
  rest();
  expect(done).toEqual([]);
  page = { ...page, isAtEdge: true };
  const looked = eyes.looked(EYE, new Vector3(0, 0, -1), true);
  expect([looked?.name, looked?.point.z]).toEqual(['5 below', 0.5]);
  looked?.choose();
  expect(done).toEqual(['press']);
  page = { ...page, isAbove: true };
  expect(eyes.looked(EYE, new Vector3(0, 0, -1), true)?.name).toBe('5 above');
});

test('a tool is used on images, and on nothing that stands before them', () => {
  seen.images = true;
  rest();
  expect(done).toEqual([]);
  space.tool = 'measure';
  rest(0, true);
  expect(done).toEqual([['use', [1, 2, 3]]]);
  board = { board: 7, distance: 1 };
  rest(0, true);
  expect(done).toHaveLength(1);
});

test('the pen draws in the air point by point, and ends where the last point is chosen again', () => {
  space.tool = 'pen';
  rest();
  rest(0.2);
  rest(0.21);
  expect(done).toEqual([['air begins', 0, 1.2, 0], 'air goes on', 'air ends']);
  rest(0.4);
  expect(done.at(-1)).toContain('air begins');
  eyes.end();
  eyes.end();
  expect(done.filter((one) => one === 'air ends')).toHaveLength(2);
});

test('in a room without images too', () => {
  [space.tool, space.twin] = ['pen', undefined];
  rest();
  expect(done).toEqual([['air begins', 0, 1.2, 0]]);
});

test('a line stays on what it was begun on', () => {
  space.tool = 'pen';
  board = { board: 7, distance: 1 };
  rest();
  board = undefined;
  rest(0.5);
  board = { board: 7, distance: 1 };
  rest(0.5);
  rest(0.51);
  expect(done).toEqual(['board begins', 'board goes on', 'board ends']);
  seen.images = true;
  board = undefined;
  rest();
  seen.images = false;
  rest(0.5);
  seen.images = true;
  rest(0.01);
  expect(done.slice(3)).toEqual([['use', [1, 2, 3]], 'line ends']);
});

test('the pen is the hand’s where there is one, and nobody’s who only looks on', () => {
  space.tool = 'pen';
  rest(0, true);
  space.things.movable = false;
  rest();
  expect(done).toEqual([]);
});

test('the laser ends where the eyes rest', () => {
  expect(eyes.pointed(EYE, new Vector3(0, 0, -1))).toBeUndefined();
  space.tool = 'point';
  expect(eyes.pointed(EYE, new Vector3(0, 0, -1))?.z).toBe(-2);
  seen.images = true;
  expect(eyes.pointed(EYE, new Vector3(0, 0, -1))?.z).toBe(0);
});
