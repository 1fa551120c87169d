import { createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeSocket } from '../room/fake-server';
import { RoomClient } from '../room/room-client';
import { createApi } from './api';
import { watchDoor } from './room-door';

let sockets: FakeSocket[];
let client: RoomClient;
let asked: string[];
let signedOut: number;
/** What the hospital answers at the door, and of the licence; nothing where it does not answer at all. */
let door: Response | undefined;
let licence: string;
let dispose: () => void;

const last = (): FakeSocket => sockets.at(-1) ?? expect.fail('nothing was opened');

/** The line breaks, and the next one does so before it is answered. */
async function lose(): Promise<void> {
  last().breakDown();
  await vi.advanceTimersByTimeAsync(300);
  last().breakDown();
  await vi.advanceTimersByTimeAsync(1);
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  [sockets, asked, signedOut, door, licence] = [[], [], 0, Response.json({ id: 'r1' }), 'valid'];
  const socket = (): FakeSocket => {
    sockets.push(new FakeSocket());
    return last();
  };
  client = new RoomClient('r/1', { socket, random: () => 1, store: undefined });
  const send = async (path: string): Promise<Response> => {
    asked.push(path);
    if (path === '/api/licence') return Response.json({ standing: { state: licence } });
    if (!door) throw new TypeError('no line');
    return door.clone();
  };
  createRoot((end) => {
    dispose = end;
    watchDoor(client, createApi(() => signedOut++, send as typeof fetch));
  });
  client.connect();
});

afterEach(() => {
  dispose();
  client.close();
  vi.useRealTimers();
});

test('a line that breaks is tried again, and nobody asks at the door while it is answered', async () => {
  last().open().welcome();
  last().breakDown();
  await vi.advanceTimersByTimeAsync(300);
  last().open().welcome({ resumed: true });
  expect([asked, client.state.status]).toEqual([[], 'open']);
});

test.each([
  ['valid', 'not-permitted'],
  ['ended', 'licence-ended'],
])('who may not come in any more is told, and nothing of the room stays: licence %s', async (standing, reason) => {
  licence = standing;
  last().open().welcome();
  door = Response.json({ detail: 'no', request_id: 'r' }, { status: 403 });
  await lose();
  expect(client.state).toMatchObject({ status: 'closed', farewell: { reason, why: null } });
  expect(client.state.farewell?.text.en).not.toBe('');
  const { length } = sockets;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([sockets.length, asked]).toEqual([length, ['/api/rooms/r%2F1', '/api/licence']]);
});

test('who knocks while the door is shut is told instead of waiting for ever', async () => {
  door = Response.json({ request_id: 'r' }, { status: 404 });
  last().breakDown();
  await vi.advanceTimersByTimeAsync(1);
  expect(client.state.farewell?.reason).toBe('not-permitted');
});

test('who is signed out goes the way of signing out', async () => {
  last().open().welcome();
  door = Response.json({}, { status: 401 });
  await lose();
  expect([signedOut, client.state.farewell]).toEqual([1, undefined]);
});

// What has no id of a request did not come from the hospital.
test.each([undefined, Response.json({}, { status: 502 }), new Response('not here', { status: 404 })])('where the hospital is not there, or cannot, the line is tried on', async (answer) => {
  last().open().welcome();
  door = answer;
  await lose();
  expect(client.state).toMatchObject({ status: 'reconnecting', farewell: undefined });
  await vi.advanceTimersByTimeAsync(9_000);
  last().open().welcome({ resumed: true });
  expect(client.state.status).toBe('open');
});
