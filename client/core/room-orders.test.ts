import { createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RoomClient } from '../room/room-client';
import { translate } from '../words/words';
import { ApiError } from './api';
import type { App } from './app';
import type { Language } from './language';
import type { RoomControl } from './room-control';
import type { RoomLead } from './room-lead';
import type { RoomOrder } from './room-order';
import { createRoomOrders } from './room-orders';
import type { RoomOrders } from './room-orders';

const spoken = vi.hoisted(() => ({ sound: undefined as Blob | undefined, stopped: 0, microphone: true }));
vi.mock('../media/capture', () => ({ capture: () => (spoken.microphone ? Promise.resolve({ stop: () => undefined }) : Promise.reject(new DOMException('no', 'NotAllowedError'))) }));
vi.mock('../media/spoken', () => ({ recordSpoken: () => ({ sound: Promise.resolve(spoken.sound), stop: () => void spoken.stopped++ }) }));

let language: Language;
let done: unknown[];
let asked: { path: string; body: unknown }[];
let said: string[];
let answers: () => Promise<unknown>;
let door: () => Promise<unknown>;
let end: () => void;
let orders: RoomOrders;

const settled = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

beforeEach(() => {
  [language, done, asked, said] = ['en', [], [], []];
  Object.assign(spoken, { sound: new Blob(['x'], { type: 'audio/webm' }), stopped: 0, microphone: true });
  answers = () => Promise.resolve({ text: 'Undo that, please.' });
  door = () => Promise.resolve({ open: true, speech: true, relays: [] });
  const app = {
    api: { get: () => door(), postBytes: (path: string, body: unknown) => (asked.push({ path, body }), answers()) },
    language: () => language,
    t: (key: Parameters<typeof translate>[1], params?: Parameters<typeof translate>[2]) => translate(language, key, params),
    announce: (words: string) => void said.push(words),
    explain: (error: unknown) => (error instanceof ApiError ? error.detail : 'failed'),
  } as unknown as App;
  const control = { undo: () => done.push('undo'), chooseTool: (tool: string) => done.push(tool), change: (change: unknown) => done.push(change) } as unknown as RoomControl;
  const order = { act: (act: unknown) => done.push(act) } as unknown as RoomOrder;
  const client = { id: 'r/1', state: { self: 7 } } as unknown as RoomClient;
  createRoot((dispose) => {
    end = dispose;
    orders = createRoomOrders({ client, control, order, lead: {} as RoomLead, voice: { chosen: () => '' } }, app);
  });
});
afterEach(() => end());

test('what is said goes to the service of the hospital as an order, is shown, and done when it is confirmed', async () => {
  expect(orders.by()).toBeUndefined();
  orders.prepare();
  await settled();
  expect(orders.by()).toBe('hospital');
  orders.hear(true);
  expect(orders.state()).toBe('listening');
  await settled();
  expect(asked.map(({ path }) => path)).toEqual(['/api/rooms/r%2F1/speech?participant=7&language=en&as=order']);
  expect(orders.state()).toBe('idle');
  expect(orders.heard()).toBe('Undo that, please.');
  expect(orders.asked()?.id).toBe('undo');
  expect(done).toEqual([]);
  orders.carryOut();
  expect(done).toEqual(['undo']);
  expect([orders.heard(), orders.asked(), said.at(-1)]).toEqual(['', undefined, 'Done: Undo']);
});

test('in Chinese too, and what is cancelled is not done', async () => {
  language = 'zh';
  answers = () => Promise.resolve({ text: '请举手。' });
  orders.prepare();
  await settled();
  orders.hear(true);
  await settled();
  expect(asked[0]?.path).toContain('language=zh');
  expect(orders.asked()?.id).toBe('hand');
  orders.drop();
  orders.carryOut();
  expect(done).toEqual([]);
});

test.each(['zh', 'en'] as const)('why nothing was understood is said in words: %s', async (to) => {
  language = to;
  orders.prepare();
  await settled();
  const trouble = async (): Promise<string | undefined> => {
    orders.hear(true);
    await settled();
    expect(orders.state()).toBe('idle');
    expect(orders.asked()).toBeUndefined();
    expect(said.at(-1)).toBe(orders.trouble());
    return orders.trouble();
  };
  answers = () => Promise.resolve({ text: '' });
  expect(await trouble()).toBe(translate(to, 'orders.nothing'));
  answers = () => Promise.reject(new ApiError('failed', 504, 'took too long', undefined, undefined));
  expect(await trouble()).toBe('took too long');
  spoken.microphone = false;
  expect(await trouble()).toBe(translate(to, 'orders.noMicrophone'));
  spoken.microphone = true;
  spoken.sound = undefined;
  const before = asked.length;
  expect(await trouble()).toBe(translate(to, 'orders.silence'));
  expect(asked).toHaveLength(before);
  // What is typed afterwards takes the place of the trouble.
  orders.understand(translate(to, 'tool.undo'));
  expect(orders.trouble()).toBeUndefined();
  expect(orders.asked()?.id).toBe('undo');
});

test('where neither the hospital nor the browser writes speech down there is nothing to listen with', async () => {
  door = () => Promise.resolve({ open: true, speech: false, relays: [] });
  orders.prepare();
  await settled();
  expect(orders.by()).toBeUndefined();
});

test('an answer that comes after one has left is not taken', async () => {
  let answer: (heard: unknown) => void = () => undefined;
  answers = () => new Promise((resolve) => (answer = resolve));
  orders.prepare();
  await settled();
  orders.hear(true);
  await settled();
  expect(orders.state()).toBe('writing');
  end();
  answer({ text: 'Undo' });
  await settled();
  expect(orders.asked()).toBeUndefined();
  expect(spoken.stopped).toBe(1);
});
