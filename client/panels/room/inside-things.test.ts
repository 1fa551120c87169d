import { createRoot } from 'solid-js';
import { expect, test } from 'vitest';
import type { RoomOrder } from '../../core/room-order';
import type { RoomControl } from '../../core/room-control';
import { SPOTS } from '../../core/room-standing';
import { translate } from '../../words/words';
import { createThings } from './inside-things';
import type { Things } from './inside-things';

const LI = 'li.x';
const BOARD = { id: 1, board: { type: 'board', transform: SPOTS.right, title: 'Plan' }, marks: [] };
const PAGE = { id: 2, by: 'chen.x', page: { type: 'page', transform: SPOTS.left, path: '/imaging', title: '' } };
const LINES = [{ id: 3, by: LI, author: 'Li', line: { type: 'line' } }, { id: 4, by: 'chen.x', author: 'Chen', line: { type: 'line' } }];
const NOTES = [{ id: 5, by: LI, entity: { type: 'annotation', text: 'look here' } }, { id: 6, by: 'chen.x', entity: { type: 'annotation', text: 'not mine' } }];

function opened(change: { open?: string; boards?: unknown[]; locked?: Record<number, unknown>; keeps?: boolean; works?: boolean; own?: object; patient?: string | null; listens?: boolean } = {}): { things: Things; done: unknown[] } {
  const done: unknown[] = [];
  const control = {
    boards: () => change.boards ?? [BOARD],
    pages: () => [PAGE],
    lines: () => LINES,
    marks: () => NOTES,
    hologram: () => ({ id: 9 }),
    locked: (id: number) => change.locked?.[id],
    lock: (id: number, marks: boolean) => done.push(['lock', id, marks]),
    unlock: (id: number) => done.push(['unlock', id]),
    remove: (id: number) => done.push(['remove', id]),
    place: (entity: unknown) => done.push(entity),
  } as unknown as RoomControl;
  const { keeps = false, works = true } = change;
  const own = change.own ?? { actor: LI, may_act: works, standing: keeps ? (works ? 'host' : 'supervisor') : works ? 'speaker' : 'observer' };
  const order = { own: () => own, works: () => works, keeps: () => keeps } as unknown as RoomOrder;
  const app = { t: (key: Parameters<typeof translate>[1], params?: Parameters<typeof translate>[2]) => translate('en', key, params) };
  const patient = change.patient === undefined ? 'p1' : change.patient;
  return { things: createRoot(() => createThings({ info: { patient }, control, order, pages: { open: () => change.open } }, app, ({ entity }) => (entity.type === 'annotation' ? entity.text : ''), { can: () => change.listens ?? true, onBoard: (board) => done.push(['write', board]) })), done };
}

const names = (things: Things): (string | undefined)[] =>
  Array.from({ length: things.state().of?.count ?? 0 }, () => {
    const { of } = things.state();
    things.press('next');
    return of?.name;
  });

test('a board and the page of the patient come where room is', () => {
  const { things, done } = opened();
  things.press('board');
  things.putPage('/patients/p1');
  expect(done).toEqual([{ type: 'board', transform: SPOTS.above, title: '' }, { type: 'page', transform: SPOTS.above, path: '/patients/p1', title: '' }]);
  const boards = Object.values(SPOTS).map((transform, at) => ({ ...BOARD, id: 10 + at, board: { ...BOARD.board, transform } }));
  expect(opened({ boards }).things.state().board).toBe(false);
  expect(opened({ works: false }).things.state()).toMatchObject({ board: false, page: false });
});

test('the pages that the screen offers are put up, and the one that is open there, but no other', () => {
  const { things, done } = opened({ open: '/imaging/1.2?series=1.3#main' });
  expect(things.pages()).toEqual([
    { path: '/imaging/1.2?series=1.3#main', words: 'Beside the stage: An imaging study' },
    { path: '/patients/p1', words: 'This patient' },
    { path: '/imaging', words: 'Images' },
    { path: '/teaching', words: 'Teaching' },
    { path: '/devices', words: 'Devices' },
    { path: '/', words: 'Home' },
  ]);
  for (const path of ['/api/accounts', '/imaging/1.2?series=1.3#main', '/devices']) things.putPage(path);
  expect(done).toMatchObject([{ type: 'page', path: '/imaging/1.2?series=1.3#main' }, { type: 'page', path: '/devices' }]);
  expect(opened({ open: '/devices' }).things.pages()).toHaveLength(5);
  const gathered = opened({ patient: null });
  gathered.things.putPage('/imaging');
  gathered.things.putPage('/patients/p1');
  expect(gathered.done).toMatchObject([{ path: '/imaging' }]);
  const watching = opened({ works: false });
  watching.things.putPage('/imaging');
  expect(watching.done).toEqual([]);
});

test('one goes through boards, pages, and what one may take away', () => {
  expect(names(opened().things)).toEqual(['Board Plan', 'Images', 'line by Li', 'look here']);
  expect(names(opened({ keeps: true }).things)).toEqual(['Board Plan', 'Images', 'line by Li', 'line by Chen', 'look here']);
  expect(names(opened({ works: false }).things)).toEqual(['Board Plan', 'Images']);
  expect(names(opened({ locked: { 9: { by: LI, name: 'Li', marks: true } } }).things)).not.toContain('look here');
});

test('patients go through what they have written, as on the screen', () => {
  const { things, done } = opened({ works: false, boards: [], own: { actor: LI, may_act: false, standing: 'patient' } });
  expect(names(things)).toEqual(['Images', 'look here']);
  things.press('next');
  things.press('remove');
  expect(done).toEqual([['remove', 5]]);
});

test('only what the room lets one take away is taken away', () => {
  const { things, done } = opened();
  things.press('remove');
  things.press('next');
  things.press('remove');
  things.press('next');
  things.press('remove');
  expect(done).toEqual([['remove', 1], ['remove', 3]]);
  const marked = opened({ boards: [{ ...BOARD, marks: [{ id: 7, by: 'chen.x', entity: { type: 'ink' } }] }] });
  marked.things.press('remove');
  expect(marked.done).toEqual([]);
  const host = opened({ keeps: true, boards: [{ ...BOARD, marks: [{ id: 7, by: 'chen.x', entity: { type: 'ink' } }] }] });
  host.things.press('remove');
  expect(host.done).toEqual([['remove', 1]]);
});

test('whoever keeps order takes away a page that somebody else put into the room, unless it is locked', () => {
  const host = opened({ keeps: true });
  host.things.press('next');
  expect(host.things.state().of).toMatchObject({ name: 'Images', mayRemove: true });
  host.things.press('remove');
  expect(host.done).toEqual([['remove', 2]]);
  const locked = opened({ keeps: true, locked: { 2: { by: 'chen.x', name: 'Chen', marks: false } } });
  locked.things.press('next');
  locked.things.press('remove');
  expect(locked.done).toEqual([]);
  // A supervisor has people keep order, and changes nothing that stands here.
  const supervisor = opened({ keeps: true, works: false });
  expect(names(supervisor.things)).toEqual(['Board Plan', 'Images']);
  for (const what of ['remove', 'next', 'remove']) supervisor.things.press(what);
  expect(supervisor.done).toEqual([]);
});

test('a lock holds what stands, and is turned by who may', () => {
  const free = opened();
  free.things.press('lock');
  expect(free.done).toEqual([['lock', 1, false]]);
  const locked = { 1: { by: 'chen.x', name: 'Chen', marks: false } };
  const other = opened({ locked });
  for (const what of ['lock', 'remove']) other.things.press(what);
  expect(other.done).toEqual([]);
  const host = opened({ locked, keeps: true });
  host.things.press('lock');
  expect(host.done).toEqual([['unlock', 1]]);
});

test('words go on a board by voice, where something writes them down and they are not locked', () => {
  const { things, done } = opened();
  things.press('write');
  things.press('next');
  expect(things.state().of).toMatchObject({ name: 'Images', mayWrite: false });
  things.press('write');
  expect(done).toEqual([['write', 1]]);
  const lock = (marks: boolean): Record<number, unknown> => ({ 1: { by: LI, name: 'Li', marks } });
  expect(opened({ locked: lock(false) }).things.state().of?.mayWrite).toBe(true);
  const refused: Parameters<typeof opened>[0][] = [{ locked: lock(true) }, { listens: false }, { works: false }];
  for (const change of refused) expect(opened(change).things.state().of?.mayWrite).toBe(false);
});
