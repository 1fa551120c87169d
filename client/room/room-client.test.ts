import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Act, Event, Hologram, Participant, Place, Placed, Pose } from '../../contract/room';
import { HOLOGRAM as FRESH, PLACED as FRESHLY_PLACED } from './fake-hologram';
import { FakeSocket, TOKEN } from './fake-server';
import { LEFT } from './line';
import { RoomClient, type RoomOptions } from './room-client';

const HOLOGRAM: { type: 'hologram' } & Hologram = { ...FRESH, layers: { lung: { visible: true, opacity: 1 } } };
const PLACED: Placed = { ...FRESHLY_PLACED, entity: HOLOGRAM };
const LI: Participant = { id: 1, actor: 'li.terminal', name: 'Li', role: 'terminal-doctor', licence: 'valid', colour: '#e69f00', place: 0, may_act: true, standing: 'speaker', hand_since: null, muted: false, may_accompany: true, stays_until: null, joined: PLACED.at, away: false };
const HEAD = { position_m: [0, 1.6, 0] as [number, number, number], rotation: [0, 0, 0, 1] as [number, number, number, number] };
const POSE = { head: HEAD, left: null, right: null, pointer: null, held: null, mouth: null };

let sockets: FakeSocket[];
let client: RoomClient;
const last = (): FakeSocket => sockets.at(-1) as FakeSocket;

function make(options: RoomOptions = {}): RoomClient {
  const socket = (): FakeSocket => {
    sockets.push(new FakeSocket());
    return last();
  };
  return new RoomClient('r1', { socket, now: () => Date.now(), random: () => 1, store: undefined, ...options }).connect();
}

function windowed(width_hu: number): Act {
  return { act: 'set', id: 1, patch: { type: 'hologram', window: { centre_hu: 40, width_hu } } };
}

function event(number: number, width_hu: number): Event {
  const entity = { ...HOLOGRAM, window: { centre_hu: 40, width_hu } };
  return { number, actor: 'li.terminal', at: PLACED.at, act: 'set', changes: [{ id: 1, placed: { ...PLACED, entity } }] };
}

function width(): number | undefined {
  const entity = client.state.entities.get(1)?.entity;
  return entity?.type === 'hologram' ? entity.window.width_hu : undefined;
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  sockets = [];
  client = make();
  last().open().welcome({ nextEvent: 5, snapshot: [{ id: 1, placed: PLACED }], people: [LI] });
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
});

describe('at the door', () => {
  it('sees nothing of the room, says what is asked there, and comes in', async () => {
    const act = client.act(windowed(100));
    last().threshold({ state: 'companion' });
    expect(client.state).toMatchObject({ status: 'at-door', self: undefined, threshold: { state: 'companion' } });
    expect(client.state.entities.size + client.state.participants.size).toBe(0);
    expect(await outcome(act)).toBe('outcome-unknown');
    const urgent = client.act({ act: 'come-urgently', reason: 'bleeds' });
    const sent = last().acts.at(-1);
    expect(sent?.act).toEqual({ act: 'come-urgently', reason: 'bleeds' });
    last().tick({ acks: [{ seq: sent?.seq ?? 0, event: null }] });
    expect(await outcome(urgent)).toBe('done');
    last().welcome({ resumed: true, nextEvent: 6, snapshot: [{ id: 1, placed: PLACED }], people: [LI] });
    expect(client.state).toMatchObject({ status: 'open', self: 1, threshold: undefined });
    expect(client.state.entities.size).toBe(1);
  });

  it('hears who waits, and why it was put out', () => {
    const knock = { id: 3, actor: 'w', name: 'Wang', role: 'nurse', since: '', needs_companion: false, needs_licence: false, blocked_until: null };
    last().tick({ waiting: [knock] });
    expect(client.state.waiting).toEqual([knock]);
    last().bye('put-out', false, 'shouts');
    expect(client.state.farewell).toMatchObject({ reason: 'put-out', why: 'shouts' });
  });

  it('hears why its line is made anew, and comes back into its seat', () => {
    const reasons: string[] = [];
    client.on('interrupted', ({ reason }) => reasons.push(reason));
    last().bye('fell-behind', true);
    expect(reasons).toEqual(['fell-behind']);
    expect(client.state).toMatchObject({ status: 'reconnecting', farewell: undefined });
    vi.advanceTimersByTime(250);
    last().open();
    expect(last().hello.resumes).toBe(true);
    last().welcome({ resumed: true });
    expect(client.state).toMatchObject({ status: 'open', self: 1 });
  });
});

/** What became of a promise so far. */
async function outcome(promise: Promise<void>): Promise<string> {
  let became = 'open';
  promise.then(() => (became = 'done'), (error: { reason: string }) => (became = error.reason));
  await vi.advanceTimersByTimeAsync(0);
  return became;
}

describe('the place of the room', () => {
  const moved = (number: number, place: Place): Event => ({ number, actor: 'li.terminal', at: PLACED.at, act: 'place', changes: [], place });

  it('is what the host said last, also for who comes in later or comes back, and is not known at the door', () => {
    expect(client.state.place).toBeUndefined();
    last().tick({ events: [moved(5, 'operating')] });
    expect(client.state.place).toBe('operating');
    // What comes twice counts once.
    last().tick({ events: [moved(6, 'ward'), moved(5, 'operating')] });
    expect(client.state.place).toBe('ward');
    last().breakDown();
    vi.advanceTimersByTime(1_000);
    last().open().welcome({ resumed: true, nextEvent: 8, snapshot: null, events: [moved(7, 'research')], people: [LI], place: 'research' });
    expect(client.state.place).toBe('research');
    last().threshold({ state: 'put-out' });
    expect(client.state.place).toBeUndefined();
    last().welcome({ nextEvent: 9, snapshot: [], people: [LI], place: 'teaching' });
    expect(client.state.place).toBe('teaching');
  });
});

describe('the line', () => {
  it('is mended when it is silent, and not when the page itself stood still', () => {
    // One long frame: ten seconds pass, and the watch comes round once.
    vi.setSystemTime(1_010_000);
    vi.advanceTimersByTime(1_000);
    expect(client.state.status).toBe('open');
    last().tick();
    vi.advanceTimersByTime(5_000);
    expect(client.state.status).toBe('open');
    vi.advanceTimersByTime(2_000);
    expect(client.state.status).toBe('reconnecting');
  });
});

describe('own acts', () => {
  it('are shown at once and done when their event has come', async () => {
    const done = client.act(windowed(1500));
    expect(width()).toBe(1500);
    last().tick({ acks: [{ seq: 1, event: 5 }] });
    expect(await outcome(done)).toBe('open');
    expect(width()).toBe(1500);
    last().tick({ events: [event(5, 1500)] });
    expect(await outcome(done)).toBe('done');
    expect(width()).toBe(1500);
  });

  it('are taken back when the server refuses them', async () => {
    const refused = vi.fn<() => void>();
    client.on('refused', refused);
    const done = client.act(windowed(1500));
    last().refuse(1, 'value-out-of-range');
    expect(await outcome(done)).toBe('value-out-of-range');
    expect(width()).toBe(400);
    expect(refused).toHaveBeenCalledOnce();
  });

  it('of one slider are on their way one at a time, the last one for those that waited', async () => {
    const all = [1000, 1100, 1200, 1300].map((value) => client.act(windowed(value)));
    expect(last().acts.map(({ act }) => act)).toEqual([windowed(1000)]);
    expect(width()).toBe(1300);
    last().tick({ events: [event(5, 1000)], acks: [{ seq: 1, event: 5 }] });
    expect(last().acts.map(({ act }) => act)).toEqual([windowed(1000), windowed(1300)]);
    expect(width()).toBe(1300);
    last().tick({ events: [event(6, 1300)], acks: [{ seq: 2, event: 6 }] });
    expect(await Promise.all(all.map(outcome))).toEqual(['done', 'done', 'done', 'done']);
  });

  it('that wait go before one that follows them', () => {
    for (const value of [1000, 1100]) void client.act(windowed(value));
    void client.act({ act: 'undo' });
    expect(last().acts.map(({ act }) => act)).toEqual([windowed(1000), windowed(1100), { act: 'undo' }]);
    expect(last().acts.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
});

describe('a broken line', () => {
  it('is mended into the same seat, and open acts are sent again under their numbers', async () => {
    const done = client.act({ act: 'remove', id: 1 });
    last().breakDown();
    expect(client.state.status).toBe('reconnecting');
    const later = client.act(windowed(900));
    await vi.advanceTimersByTimeAsync(250);
    expect(sockets).toHaveLength(2);
    expect(last().open().hello).toEqual({ resumes: true, nextEvent: 5 });
    last().welcome({ resumed: true, lastSeq: 1, nextEvent: 6, snapshot: null, events: [event(5, 777)] });
    expect(last().acts.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(width()).toBe(900);
    last().tick({ events: [event(6, 900)], acks: [{ seq: 1, event: null }, { seq: 2, event: 6 }] });
    expect(await outcome(done)).toBe('done');
    expect(await outcome(later)).toBe('done');
  });

  it('that ends in a new seat leaves sent acts unknown and sends none of them twice', async () => {
    const sent = client.act({ act: 'remove', id: 1 });
    last().breakDown();
    const unsent = client.act(windowed(900));
    await vi.advanceTimersByTimeAsync(250);
    last().open().welcome({ nextEvent: 9, snapshot: [{ id: 1, placed: PLACED }] });
    expect(await outcome(sent)).toBe('outcome-unknown');
    expect(last().acts.map(({ act }) => act)).toEqual([windowed(900)]);
    expect(await outcome(unsent)).toBe('open');
  });

  it('is noticed by silence, by a gap and by nonsense', async () => {
    await vi.advanceTimersByTimeAsync(6_250);
    expect(sockets).toHaveLength(2);
    last().open().welcome({ resumed: true, nextEvent: 5, snapshot: null });
    last().tick({ events: [event(7, 1)] });
    expect(width()).toBe(400);
    await vi.advanceTimersByTimeAsync(250);
    expect(sockets).toHaveLength(3);
    last().open().welcome({ resumed: true, nextEvent: 5, snapshot: null });
    last().babble();
    await vi.advanceTimersByTimeAsync(250);
    expect(sockets).toHaveLength(4);
    expect(sockets.filter((socket) => !socket.closed)).toHaveLength(1);
  });

  it('is tried again after waits that grow', async () => {
    const at: number[] = [];
    for (let tries = 0; tries < 7; tries++) {
      const [from, count] = [Date.now(), sockets.length];
      last().breakDown();
      while (sockets.length === count) await vi.advanceTimersByTimeAsync(50);
      at.push(Date.now() - from);
    }
    expect(at).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000]);
  });

  it('is not mended after a farewell for good', async () => {
    last().bye('version-mismatch', false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sockets).toHaveLength(1);
    expect(client.state).toMatchObject({ status: 'closed', farewell: { reason: 'version-mismatch' } });
    await expect(client.act({ act: 'undo' })).rejects.toMatchObject({ reason: 'closed' });
  });
});

it('takes events that it has seen already only once', () => {
  const seen = vi.fn<(event: Event) => void>();
  client.on('event', seen);
  last().tick({ events: [event(4, 1), event(5, 600)] });
  last().tick({ events: [event(5, 1), event(6, 700)] });
  expect(seen.mock.calls.map(([{ number }]) => number)).toEqual([5, 6]);
  expect(width()).toBe(700);
});

it('keeps its seat and its count over a reload', () => {
  const kept = new Map<string, string>();
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) };
  make({ store });
  last().open().welcome({});
  const again = make({ store });
  expect(last().open().hello).toEqual({ resumes: true, nextEvent: 0 });
  last().welcome({ resumed: true, lastSeq: 41 });
  void again.act({ act: 'undo' });
  expect(last().acts).toEqual([{ seq: 42, act: { act: 'undo' } }]);
});

it('says that one leaves on purpose, and comes back to no seat', () => {
  const kept = new Map<string, string>();
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) };
  const leaving = make({ store });
  last().open().welcome({});
  leaving.close();
  expect(last().closedBy).toBe(LEFT);
  make({ store });
  expect(last().open().hello.resumes).toBe(false);
});

it('says by a request too that one leaves, so that it is heard where the line is down', async () => {
  const told: [string, boolean][] = [];
  const tellLeft = (seat: string, isWell: boolean): number => told.push([seat, isWell]);
  const kept = new Map<string, string>();
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) };
  const cutOff = make({ store, tellLeft });
  last().open().welcome({});
  last().breakDown();
  expect(cutOff.state.status).toBe('reconnecting');
  cutOff.close();
  expect(told).toEqual([[TOKEN, false]]);
  expect(cutOff.state.status).toBe('closed');
  // Who comes in again meanwhile has another seat: the old one is given up.
  make({ store });
  expect(last().open().hello.resumes).toBe(false);

  const nowhere = make({ tellLeft });
  last().open();
  nowhere.close();
  // Whom the hospital put out has no seat to give up.
  const out = make({ tellLeft });
  last().open().welcome({});
  last().bye('put-out', false);
  out.close();
  expect(told).toHaveLength(1);
  const well = make({ tellLeft });
  last().open().welcome({});
  well.close();
  expect(told.at(-1)).toEqual([TOKEN, true]);
});

it('says by which way poses go', async () => {
  expect(client.posesBy).toBe('socket');
  const way = { carries: undefined as 'transport' | 'channel' | undefined, open: () => undefined, send: () => false, close: () => undefined, by: () => way.carries };
  const beside = make({ poses: way });
  expect(beside.posesBy).toBe('socket');
  way.carries = 'channel';
  expect(beside.posesBy).toBe('channel');
});

it('sends poses at 20 a second at most, the latest one, and none while nothing moves', async () => {
  for (let frame = 0; frame < 120; frame++) {
    client.pose({ ...POSE, head: { ...HEAD, position_m: [frame / 100, 1.6, 0] } });
    await vi.advanceTimersByTimeAsync(1000 / 120);
  }
  await vi.advanceTimersByTimeAsync(60);
  const moving = last().poses;
  expect(moving.length).toBeGreaterThanOrEqual(18);
  expect(moving.length).toBeLessThanOrEqual(22);
  expect(moving.at(-1)?.head.position_m[0]).toBe(1.19);
  for (let frame = 0; frame < 100; frame++) {
    client.pose({ ...POSE, head: { ...HEAD, position_m: [1.19, 1.6, 0] } });
    await vi.advanceTimersByTimeAsync(8);
  }
  expect(last().poses.length).toBe(moving.length);
});

it('sends and hears poses beside the socket while that way carries them, and nothing else by it', async () => {
  client.close();
  const way = { seat: 0, carries: true, sent: [] as Uint8Array[], hears: (() => undefined) as (bytes: Uint8Array) => void, closed: 0 };
  const poses = {
    open(participant: number, received: (bytes: Uint8Array) => void): void {
      [way.seat, way.hears] = [participant, received];
    },
    send: (bytes: Uint8Array) => way.carries && way.sent.push(bytes) > 0,
    by: () => undefined,
    close: () => void (way.closed += 1),
  };
  client = make({ poses });
  const chen = { ...LI, id: 2 };
  last().open().welcome({ nextEvent: 5, snapshot: [{ id: 1, placed: PLACED }], people: [LI, chen] });
  expect(way.seat).toBe(1);
  client.pose(POSE);
  expect([way.sent.length, last().poses.length]).toEqual([1, 0]);
  way.carries = false;
  await vi.advanceTimersByTimeAsync(60);
  client.pose({ ...POSE, head: { ...HEAD, position_m: [1, 1.6, 0] } });
  expect([way.sent.length, last().poses.length]).toEqual([1, 1]);

  // A frame of the way is one that the socket could have brought; made here by a socket of its own.
  const beside = new FakeSocket();
  beside.addEventListener('message', ({ data }) => way.hears(new Uint8Array(data as ArrayBuffer)));
  const at = (at_ms: number, x: number): Pose => ({ ...POSE, at_ms, head: { ...HEAD, position_m: [x, 1.6, 0] } });
  last().tick({ poses: [{ participant: 2, pose: at(50, 5) }] });
  beside.tick({ poses: [{ participant: 2, pose: at(40, 1) }, { participant: 9, pose: at(40, 1) }] });
  await vi.advanceTimersByTimeAsync(500);
  expect(client.sample().get(2)?.head.position_m[0], 'an older pose moves nobody').toBe(5);
  expect(client.sample().has(9), 'nobody is seen who is not there').toBe(false);
  beside.tick({ poses: [{ participant: 2, pose: at(550, 6) }], events: [event(5, 900)], people: [] });
  beside.bye('removed', false);
  beside.babble();
  await vi.advanceTimersByTimeAsync(500);
  expect(client.sample().get(2)?.head.position_m[0]).toBe(6);
  expect([width(), client.state.participants.size, client.state.status]).toEqual([HOLOGRAM.window.width_hu, 2, 'open']);

  last().breakDown();
  expect(way.closed).toBeGreaterThan(0);
});

it('knows where a hologram in another hand is', async () => {
  const transform = { ...HOLOGRAM.transform, position_m: [1, 1, 0] as [number, number, number] };
  last().tick({ holds: [{ entity: 1, participant: 2 }], people: [LI, { ...LI, id: 2 }], poses: [{ participant: 2, pose: { ...POSE, at_ms: 5, held: { entity: 1, transform } } }] });
  expect(client.held(1)).toMatchObject({ by: 2, transform: { position_m: [1, 1, 0] } });
  last().tick({ holds: [] });
  expect(client.held(1)).toBeUndefined();
});

it('shows what goes from hand to hand where it was, and says who asks for it', () => {
  const at = (x: number) => ({ ...HOLOGRAM.transform, position_m: [x, 1, 0] as [number, number, number] });
  const people = [LI, { ...LI, id: 2 }, { ...LI, id: 3 }];
  const x = (): number | undefined => client.held(1)?.transform.position_m[0];
  last().tick({ people, holds: [{ entity: 1, participant: 2, asked: [3], transform: at(0) }], poses: [{ participant: 2, pose: { ...POSE, at_ms: 5, held: { entity: 1, transform: at(1) } } }] });
  expect(client.state.asked.get(1)).toEqual([3]);
  // It is given over, and the one who has it now has not moved yet.
  last().tick({ holds: [{ entity: 1, participant: 3, asked: [], transform: at(1) }] });
  expect(client.held(1)).toEqual({ by: 3, transform: at(1) });
  last().tick({ poses: [{ participant: 3, pose: { ...POSE, at_ms: 5, held: { entity: 1, transform: at(2) } } }] });
  // The holder is put out before the record has where they left it.
  last().tick({ people: [LI] });
  expect(x()).toBe(2);
  last().tick({ holds: [{ entity: 1, participant: 3, asked: [], transform: at(0) }] });
  expect(x()).toBe(2);
  last().tick({ holds: [] });
  expect([client.held(1), client.state.asked.size]).toEqual([undefined, 0]);
  // One's own is where one leaves it, and not where it was taken.
  last().tick({ holds: [{ entity: 1, participant: 1, asked: [2], transform: at(0) }] });
  void client.act({ act: 'release', id: 1, transform: at(4) });
  expect(client.held(1)).toBeUndefined();
});

it('shows others where they were when a line comes back, and lets nobody leap', async () => {
  const chen: Participant = { ...LI, id: 2, name: 'Chen' };
  const at = (x: number, at_ms: number) => ({ participant: 2, pose: { ...POSE, at_ms, head: { ...HEAD, position_m: [x, 1.6, 0] as [number, number, number] } } });
  const x = (): number | undefined => client.sample().get(2)?.head.position_m[0];
  last().tick({ people: [LI, chen], poses: [at(1, 5)] });
  await vi.advanceTimersByTimeAsync(500);
  expect(x()).toBeCloseTo(1, 2);
  // One's own line breaks and is mended; nothing is known of Chen yet.
  last().breakDown();
  await vi.advanceTimersByTimeAsync(5_000);
  last().open().welcome({ resumed: true, people: [LI, chen] });
  expect(x()).toBeCloseTo(1, 2);
  // Chen's line breaks, and they come back two metres on by a clock that began anew.
  last().tick({ people: [LI, { ...chen, away: true }] });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(x()).toBeCloseTo(1, 2);
  last().tick({ people: [LI, chen], poses: [at(3, 1)] });
  let [before, leap] = [x() ?? NaN, 0];
  for (let frame = 0; frame < 60; frame++) {
    await vi.advanceTimersByTimeAsync(16);
    const now = x() ?? NaN;
    leap = Math.max(leap, Math.abs(now - before));
    before = now;
  }
  expect(leap).toBeGreaterThan(0);
  expect(leap).toBeLessThan(0.1);
  expect(x()).toBeCloseTo(3, 2);
  // Who has left is shown no more, and in a new seat numbers mean others.
  last().tick({ people: [LI] });
  expect(x()).toBeUndefined();
});
