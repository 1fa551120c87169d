import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Participant } from '../../contract/room';
import { FakeSocket } from './fake-server';
import { RoomClient } from './room-client';
import { viewOf } from './view';

let socket: FakeSocket;
let client: RoomClient;

beforeEach(() => {
  vi.useFakeTimers();
  client = new RoomClient('r1', { socket: () => (socket = new FakeSocket()), random: () => 1, store: undefined }).connect();
  socket.open().welcome();
});
afterEach(() => {
  client.close();
  vi.useRealTimers();
});

test('people look by their account wherever they sit, patients in plain dress, and whose line broke keep their place', () => {
  const common = { colour: '#ffffff', place: 0, may_act: true, hand_since: null, muted: false, may_accompany: false, joined: '2026-01-01T00:00:00Z' };
  const people = [
    { ...common, place: 3, id: 4, actor: 'wang.nurse', name: 'Wang', role: 'nurse', standing: 'speaker', away: true },
    { ...common, place: 0, id: 9, actor: 'zhao.patient', name: 'Zhao', role: 'patient', standing: 'patient', away: false },
  ] as const;
  socket.tick({ people: people as unknown as Participant[] });
  expect([...viewOf(client).participants()]).toMatchObject([
    { id: '4', account: 'wang.nurse', dress: 'medical', place: 3, away: true },
    { id: '9', account: 'zhao.patient', dress: 'plain', place: 0, away: false },
  ]);
});

test('whoever is there under a pseudonym looks like everybody else who is', () => {
  const common = { name: '4F7', role: 'patient', may_act: false, hand_since: null, muted: false, may_accompany: false, joined: '2026-01-01T00:00:00Z', standing: 'observer', away: false };
  const people = [
    { ...common, id: 4, actor: 'pseudonym.4f7', colour: '#e69f00' },
    { ...common, id: 9, actor: 'pseudonym.0a1', colour: '#56b4e9', figure: 2 },
  ];
  socket.tick({ people: people as unknown as Participant[] });
  const looks = [...viewOf(client).participants()].map(({ account, colour, dress }) => ({ account, colour, dress }));
  expect(looks[0]).toEqual(looks[1]);
  expect(looks[0]).toMatchObject({ colour: '#999999', dress: 'plain' });
  expect([...viewOf(client).participants()].map(({ figure }) => figure)).toEqual([undefined, 2]);
});
