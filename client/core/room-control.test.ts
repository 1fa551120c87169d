import { createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Participant } from '../../contract/room';
import { HOLOGRAM, PLACED } from '../room/fake-hologram';
import { FakeSocket } from '../room/fake-server';
import { RoomClient } from '../room/room-client';
import { viewOf } from '../room/view';
import type { HologramView } from '../stage/hologram';
import type { Marks } from '../stage/marks';
import { SharedHologram } from '../stage/shared';
import { Tools } from '../stage/tools';
import { createRoomControl } from './room-control';
import type { RoomControl } from './room-control';
import type { Vec3 } from './frames';

let socket: FakeSocket;
let client: RoomClient;
let control: RoomControl;
let shared: SharedHologram;
let leave: () => void;

/** A room whose stage draws, wired as its page wires it. */
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  socket = new FakeSocket();
  client = new RoomClient('r1', { socket: () => socket, store: undefined }).connect();
  socket.open().welcome({ nextEvent: 5, snapshot: [{ id: 1, placed: PLACED }] });
  createRoot((dispose) => {
    leave = dispose;
    control = createRoomControl(client);
  });
  shared = new SharedHologram(viewOf(client));
  shared.onEcho = () => control.redrawn();
  control.drawWith({ set: (change) => shared.set(change), state: () => shared.state });
});

afterEach(() => {
  leave();
  shared.dispose();
  client.close();
  vi.useRealTimers();
});

const cursor = (): Vec3 | undefined => control.hologram()?.state.cursor_lps_mm;

test('an angle that was begun on a slice is given up whole', () => {
  control.chooseTool('angle');
  expect(control.use([1, 0, 0])).toBe('first-point');
  expect(control.use([2, 0, 0])).toBe('next-point');
  expect([control.giveUp(), control.giveUp()]).toEqual([true, false]);
  expect(control.use([3, 0, 0])).toBe('first-point');
});

test('the plane is cut along the slice that one uses it on, and goes on as it is turned', () => {
  const clip = (): unknown => control.hologram()?.state.clip;
  control.chooseTool('clip');
  control.use([1, 2, 3], 'coronal');
  expect(clip()).toEqual({ normal_lps: [0, 1, 0], offset_mm: 2 });
  expect(cursor()).toEqual([1, 2, 3]);
  control.use([5, 6, 7], 'axial');
  expect(clip()).toEqual({ normal_lps: [0, 1, 0], offset_mm: 6 });
});

test('points of what takes several are known while they are chosen, with the tool that chose them', () => {
  control.chooseTool('angle');
  expect(control.use([1, 2, 3])).toBe('first-point');
  expect(control.use([4, 5, 6])).toBe('next-point');
  expect(control.begun()).toEqual([[1, 2, 3], [4, 5, 6]]);
  control.chooseTool('measure');
  expect(control.begun()).toEqual([]);
  expect(control.use([7, 8, 9])).toBe('first-point');
  expect(control.begun()).toEqual([[7, 8, 9]]);
  expect(control.use([7, 8, 0])).toBeUndefined();
  expect(control.begun()).toEqual([]);
  control.use([1, 1, 1]);
  expect(control.giveUp()).toBe(true);
  expect([control.begun(), control.giveUp()]).toEqual([[], false]);
  control.use([1, 1, 1]);
  control.chooseTool('turn');
  control.chooseTool('measure');
  expect([control.begun(), control.use([2, 2, 2])]).toEqual([[], 'first-point']);
});

test('steps on slices and on the stage add up, however fast they come', () => {
  const step = (): Vec3 => [(shared.state?.cursor_lps_mm[0] ?? NaN) + 1, 0, 0];
  for (let n = 0; n < 3; n++) {
    shared.set({ cursor_lps_mm: step() });
    control.lookAt([(cursor()?.[0] ?? NaN) + 1, 0, 0]);
  }
  expect(cursor()).toEqual([6, 0, 0]);
  expect(shared.state?.cursor_lps_mm).toEqual([6, 0, 0]);
  vi.advanceTimersByTime(100);
  expect(socket.acts.at(-1)?.act).toMatchObject({ act: 'set', patch: { cursor_lps_mm: [6, 0, 0] } });
});

test('a hold that the room has ended is taken again, or left to whoever has it now', () => {
  const pose = { head: { position_m: [0, 1.6, 0], rotation: [0, 0, 0, 1] } } as const;
  const view = viewOf(client);
  const frame = (): void => {
    view.pose(pose, shared.hand.stream());
    vi.advanceTimersByTime(60);
  };
  const grabs = (): number => socket.acts.filter(({ act }) => act.act === 'grab').length;
  let refusedBy: string | undefined;
  shared.hand.onRefused = (by) => (refusedBy = by);

  shared.grab(performance.now());
  socket.tick({ holds: [{ entity: 1, participant: 1 }] });
  for (let n = 0; n < 3; n++) frame();
  expect(grabs()).toBe(1);
  socket.tick({ holds: [] });
  for (let n = 0; n < 3; n++) frame();
  expect(grabs()).toBe(2);
  expect(shared.holding).toBe(true);

  const held = { entity: 1, transform: HOLOGRAM.transform };
  const theirs = { head: pose.head, left: null, right: null, pointer: null, held, mouth: null };
  socket.tick({
    people: [{ id: 2, actor: 'chen.expert', name: 'Chen', role: 'cloud-expert', licence: 'valid', colour: '#56b4e9', place: 1, may_act: true, standing: 'speaker', hand_since: null, muted: false, may_accompany: true, stays_until: null, joined: PLACED.at, away: false }],
    holds: [{ entity: 1, participant: 2 }],
    poses: [{ participant: 2, pose: theirs as never }],
  });
  frame();
  expect(shared.holding).toBe(false);
  expect(refusedBy).toBe('2');
});

test('what was carried by a page that stood still is not lost', () => {
  const acts = (): string[] => socket.acts.map(({ act }) => act.act);
  shared.grab(performance.now());
  shared.release(performance.now());
  expect(acts()).toEqual(['grab', 'release']);
  shared.grab(performance.now());
  vi.advanceTimersByTime(4_000);
  shared.carry((now) => ({ ...now, scale: 2 }));
  shared.release(performance.now());
  expect(acts().slice(2)).toEqual(['grab', 'grab', 'release']);
  expect(socket.acts.at(-1)?.act).toMatchObject({ transform: { scale: 2 } });
});

test('what is locked is not taken in hand, and one hears who locked it', () => {
  let by = '';
  shared.hand.onLocked = ({ name }) => (by = name);
  const locked = { by: 'chen.expert', name: 'Chen', at: PLACED.at, marks: false };
  const event = { number: 5, actor: 'chen.expert', at: PLACED.at, act: 'lock' as const, changes: [{ id: 1, placed: { ...PLACED, locked } }] };
  // Also while whoever locked it is still seen to hold it.
  socket.tick({ events: [event], holds: [{ entity: 1, participant: 1 }] });
  expect(control.locked(1)?.name).toBe('Chen');
  expect(shared.grab(performance.now())).toBe(false);
  expect(by).toBe('Chen');
  expect(socket.acts.some(({ act }) => act.act === 'grab')).toBe(false);
});

test('marks are named after their authors, who may have gone', () => {
  const noted = (id: number, by: string, name?: string) => ({ id, placed: { ...PLACED, by, ...(name && { name }), entity: { type: 'annotation' as const, hologram: 1, at_lps_mm: [0, 0, 0] as [number, number, number], text: 'here' } } });
  const changes = [noted(2, 'li.terminal', 'Li then'), noted(3, 'chen.expert', 'Chen'), noted(4, 'old.account')];
  const event = { number: 5, actor: 'li.terminal', at: PLACED.at, act: 'add' as const, changes };
  socket.tick({ events: [event], people: [{ id: 1, actor: 'li.terminal', name: 'Li' } as Participant] });
  expect(control.marks().map(({ author }) => author)).toEqual(['Li', 'Chen', 'old.account']);
});

test('what the room refused is shown no longer than a moment', () => {
  control.lookAt([9, 0, 0]);
  vi.advanceTimersByTime(100);
  const { seq } = socket.acts.at(-1) ?? { seq: 0 };
  socket.refuse(seq, 'too-fast');
  expect(cursor()).toEqual([9, 0, 0]);
  vi.advanceTimersByTime(2_000);
  expect(cursor()).toEqual([0, 0, 0]);
});

test('whoever is made an observer puts down what is not theirs, and takes no such tool in hand, by key or otherwise', () => {
  const own = (standing: 'speaker' | 'observer'): Participant[] => [{ id: 1, actor: 'li.terminal', standing, may_act: standing === 'speaker' } as Participant];
  socket.tick({ people: own('speaker') });
  control.chooseTool('pen');
  expect(control.tool()).toBe('pen');
  socket.tick({ people: own('observer') });
  expect(control.tool()).toBe('turn');
  control.chooseTool('measure');
  expect(control.tool()).toBe('turn');
  const tools = new Tools(viewOf(client), shared, {} as HologramView, { draft: () => undefined } as unknown as Marks);
  tools.has = control.hasTool;
  for (const tool of ['measure', 'point'] as const) tools.tool = tool;
  tools.tool = 'clip';
  expect(tools.tool).toBe('point');
  socket.tick({ people: own('speaker') });
  tools.tool = 'clip';
  expect(tools.tool).toBe('clip');
});
