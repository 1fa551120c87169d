import { createRoot, createSignal } from 'solid-js';
import { expect, test } from 'vitest';
import type { Event, Participant } from '../../contract/room';
import { FakeSocket } from '../room/fake-server';
import { RoomClient } from '../room/room-client';
import { translate } from '../words/words';
import type { App } from './app';
import type { Language } from './language';
import type { RoomControl } from './room-control';
import { createRoomNews, undoneWords } from './room-news';
import type { RoomNews } from './room-news';
import type { RoomOrder } from './room-order';

const LI: Participant = { id: 1, actor: 'li.terminal', name: '李', role: 'terminal-doctor', licence: 'valid', colour: '#e69f00', place: 0, may_act: true, standing: 'host', hand_since: null, muted: false, may_accompany: true, stays_until: null, joined: '2026-11-20T08:00:00.000Z', away: false };
const CHEN: Participant = { ...LI, id: 2, actor: 'chen.expert', name: 'Chen', standing: 'speaker' };

const MUTED: Event = { number: 0, actor: LI.actor, at: LI.joined, act: 'order', changes: [], order: { whom: CHEN.actor, name: CHEN.name, did: 'muted', reason: 'noise' } };

/** Whether some of it is Chinese, names aside. */
const hasChinese = (words: string): boolean => /\p{Script=Han}/u.test(words.replaceAll('李', ''));

test('what has happened is read in the language that is chosen by then', () => {
  const socket = new FakeSocket();
  const client = new RoomClient('r1', { socket: () => socket, store: undefined }).connect();
  socket.open().welcome({ people: [LI] });
  const [language, setLanguage] = createSignal<Language>('zh');
  const [people, setPeople] = createSignal<readonly Participant[]>([LI]);
  const announced: string[] = [];
  const toasts: (() => string)[] = [];
  const app: Partial<App> = {
    language,
    t: (key, params) => translate(language(), key, params),
    announce: (words) => void announced.push(words),
    toast: (words) => void (toasts.push(words), announced.push(words())),
  };
  const order: Partial<RoomOrder> = { keeps: () => true, own: () => LI, waiting: () => [] };
  const control: Partial<RoomControl> = { people };
  let log: RoomNews['log'] = () => [];
  const leave = createRoot((dispose) => {
    ({ log } = createRoomNews(client, control as RoomControl, order as RoomOrder, app as App));
    return dispose;
  });
  setPeople([LI, CHEN]);
  socket.tick({ events: [MUTED] });
  setPeople([LI]);
  socket.bye('fell-behind', true, undefined);

  const shown = (): string[] => [...log(), ...toasts].map((words) => words());
  expect(log()).toHaveLength(4);
  expect(toasts).toHaveLength(2);
  expect(shown().every(hasChinese)).toBe(true);
  // Each is said once, shown or not; who is here is said at one's own coming.
  expect(announced).toHaveLength(1 + log().length);
  const said = announced.length;
  setLanguage('en');
  expect(shown()).toEqual(expect.arrayContaining(['Chen has come in.', 'Chen has left.', '李 muted Chen: noise', 'bye']));
  expect(shown().some(hasChinese)).toBe(false);
  // What was said once to those who listen is not said again.
  expect(announced).toHaveLength(said);
  leave();
  client.close();
});

test('what was taken away or back is said, with what it was', () => {
  const t: App['t'] = (key, params) => translate('en', key, params);
  const kinds = new Map([[3, 'measure'], [4, 'board-note'], [5, 'board'], [6, 'nodule']] as const);
  const said = (act: Event['act'], ids: readonly number[]): string | undefined => {
    const event: Event = { number: 0, actor: '', at: '', act, changes: ids.map((id) => ({ id, placed: null })) };
    return undoneWords(event, 'Chen', t, (id) => kinds.get(id as 3));
  };
  expect(said('remove', [3])).toBe('Chen removed: a measurement.');
  expect(said('remove', [4, 5])).toBe('Chen removed: the board.');
  expect(said('remove', [6])).toBeUndefined();
  expect(said('undo', [3])).toBe('Chen took back a step: a measurement.');
  expect(said('undo', [9])).toBe('Chen took a step back.');
  expect(said('set', [3])).toBeUndefined();
});
