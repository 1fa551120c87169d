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
  const room = { entities: () => entities, act: (act: Act) => void acts.push(act), ...more } as RoomView;
  return { things: new Things(room), acts, entities };
}

test('one move of a board or page is one act, told when it is let go', () => {
  for (const [id, type] of [[1, 'board'], [2, 'page']] as const) {
    const { things, acts } = opened();
    things.wanted = id;
    expect(things.grab()).toBe(true);
    for (let step = 0; step < 3; step++) things.carry(aside);
    expect(acts).toEqual([]);
    things.release(0);
    expect(acts).toEqual([{ act: 'set', id, patch: { type, transform: { ...AT, position_m: [2.5, 1.5, 0] } } }]);
    things.release(0);
    expect(acts).toHaveLength(1);
  }
});

test('what is taken again before the room has answered goes on from where it was left', () => {
  const { things, acts } = opened();
  things.wanted = 1;
  for (let time = 0; time < 2; time++) {
    things.grab();
    things.carry(aside);
    things.release(0);
  }
  expect(acts.at(-1)).toMatchObject({ patch: { transform: { position_m: [2, 1.5, 0] } } });
});

test('who only touches moves nothing, and one hand holds one thing', () => {
  const { things, acts } = opened();
  things.wanted = 1;
  things.grab();
  things.wanted = 2;
  expect(things.grab()).toBe(false);
  things.release(0);
  expect(acts).toEqual([]);
});

test('what is locked stays, and who has locked it is said', () => {
  const { things, acts, entities } = opened();
  const said: string[] = [];
  things.onLocked = ({ name }) => said.push(name);
  things.wanted = 3;
  expect(things.grab()).toBe(false);
  expect(said).toEqual(['Li']);
  // Locked or taken away while it is in the hand: it stays as the room has it.
  for (const now of [LOCKED, undefined]) {
    entities.set(1, BOARD);
    things.wanted = 1;
    things.grab();
    things.carry(aside);
    if (now) entities.set(1, now);
    else entities.delete(1);
    things.release(0);
  }
  expect(acts).toEqual([]);
});

test('who works with nothing here, or looks on, takes nothing', () => {
  const watching = opened({ watching: true });
  const observer = opened();
  observer.things.able = () => false;
  for (const { things } of [watching, observer]) {
    things.wanted = 1;
    expect(things.movable).toBe(false);
    expect(things.grab()).toBe(false);
  }
  expect([...watching.acts, ...observer.acts]).toEqual([]);
});
