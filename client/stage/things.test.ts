import { Vector3 } from 'three';
import { expect, test } from 'vitest';
import type { Transform } from '../core/frames';
import type { Act, EntityId, Placed, RoomView } from './room-view';
import { Things } from './things';
import { moved } from './turning';

const AT: Transform = { position_m: [1, 1.5, 0], rotation: [0, 0, 0, 1], scale: 1 };
const BOARD: Placed = { by: 'li', entity: { type: 'board', title: '', transform: AT } };
const PAGE: Placed = { by: 'chen', entity: { type: 'page', title: '', path: '/', transform: AT } };
const LOCKED: Placed = { ...BOARD, locked: { by: 'li', name: 'Li', marks: false } };
const aside = (t: Transform): Transform => moved(t, new Vector3(0.5, 0, 0));

function opened(more: Partial<RoomView> = {}): { things: Things; acts: Act[]; entities: Map<EntityId, Placed> } {
  const acts: Act[] = [];
  const entities = new Map<EntityId, Placed>([[1, BOARD], [2, PAGE], [3, LOCKED]]);
  const room = { entities: () => entities, held: () => undefined, act: (act: Act) => void acts.push(act), ...more } as RoomView;
  return { things: new Things(room), acts, entities };
}

test('a board or page is taken hold of, told where the hand has it, and let go there', () => {
  for (const id of [1, 2]) {
    const { things, acts } = opened();
    things.wanted = id;
    expect(things.grab(0)).toBe(true);
    expect(things.hand.stream()).toEqual({ id, transform: AT });
    for (let step = 0; step < 3; step++) things.carry(aside);
    const there = { ...AT, position_m: [2.5, 1.5, 0] };
    expect(things.hand.stream()).toEqual({ id, transform: there });
    expect(acts).toEqual([{ act: 'grab', id }]);
    things.release(performance.now());
    things.release(performance.now());
    expect(acts.slice(1)).toEqual([{ act: 'release', id, transform: there }]);
    expect(things.hand.stream()).toBeUndefined();
  }
});

test('what is taken again before the room has answered goes on from where it was left', () => {
  const { things, acts } = opened();
  things.wanted = 1;
  for (let time = 0; time < 2; time++) {
    things.grab(0);
    things.carry(aside);
    things.release(0);
  }
  expect(acts.at(-1)).toMatchObject({ act: 'release', transform: { position_m: [2, 1.5, 0] } });
});

test('one hand holds one thing', () => {
  const { things, acts } = opened();
  things.wanted = 1;
  things.grab(0);
  things.wanted = 2;
  expect(things.grab(0)).toBe(false);
  expect(acts).toEqual([{ act: 'grab', id: 1 }]);
});

test('a board is where whoever carries it has it, and is theirs until they let it go', () => {
  const there: Transform = { ...AT, position_m: [0, 1, 1] };
  const { things, acts } = opened({ selfId: '1', held: (id) => (id === 1 ? { by: '2', transform: there } : undefined) });
  const said: unknown[] = [];
  things.hand.onRefused = (by, id) => said.push([by, id]);
  expect([1, 2].map((id) => things.hand.whereIs(id, AT, 0))).toEqual([there, AT]);
  things.wanted = 1;
  expect(things.grab(0)).toBe(false);
  expect([acts, said]).toEqual([[], [['2', 1]]]);
});

test('what somebody was given in place of whoever has it in hand is let go', () => {
  let holder = '1';
  const { things, acts } = opened({ selfId: '1', held: () => ({ by: holder, transform: AT }) });
  things.wanted = 1;
  things.grab(0);
  holder = '2';
  things.hand.stream();
  expect(things.holding).toBe(false);
  things.release(0);
  expect(acts).toEqual([{ act: 'grab', id: 1 }]);
});

test('what is locked stays, and who has locked it is said', () => {
  const { things, acts, entities } = opened();
  const said: string[] = [];
  things.hand.onLocked = ({ name }) => said.push(name);
  things.wanted = 3;
  expect(things.grab(0)).toBe(false);
  expect(said).toEqual(['Li']);
  // Locked or taken away while it is in the hand: it stays as the room has it.
  for (const now of [LOCKED, undefined]) {
    entities.set(1, BOARD);
    things.wanted = 1;
    things.grab(0);
    things.carry(aside);
    if (now) entities.set(1, now);
    else entities.delete(1);
    things.release(0);
  }
  expect(acts.map(({ act }) => act)).toEqual(['grab', 'grab']);
});

test('who works with nothing here, or looks on, takes nothing', () => {
  const watching = opened({ watching: true });
  const observer = opened();
  observer.things.able = () => false;
  for (const { things } of [watching, observer]) {
    things.wanted = 1;
    expect(things.movable).toBe(false);
    expect(things.grab(0)).toBe(false);
  }
  expect([...watching.acts, ...observer.acts]).toEqual([]);
});
