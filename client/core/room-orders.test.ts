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
/** Whether images stand here, there is a view to show, and one works here. */
let there: { images: boolean; staged: boolean; works: boolean };
/** What comes of what is asked for. */
let outcome: () => Promise<unknown>;

const settled = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

beforeEach(() => {
  [language, done, asked, said] = ['en', [], [], []];
  [there, outcome] = [{ images: true, staged: true, works: true }, () => Promise.resolve()];
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
  const control = { chooseTool: (tool: string) => done.push(tool), hologram: () => (there.images ? { id: 3 } : undefined) } as unknown as RoomControl;
  const order = { ask: (act: unknown) => (done.push(act), outcome()), works: () => there.works, own: () => ({ may_act: there.works, standing: there.works ? 'speaker' : 'observer' }) } as unknown as RoomOrder;
  const client = { id: 'r/1', state: { self: 7 } } as unknown as RoomClient;
  const lead = { staged: () => there.staged, lead: async () => (done.push('lead'), true), gather: async () => (done.push('gather'), true) } as unknown as RoomLead;
  createRoot((dispose) => {
    end = dispose;
    orders = createRoomOrders({ client, control, order, lead, voice: { chosen: () => '' } }, app);
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
  expect(done).toEqual([{ act: 'undo' }]);
  await settled();
  expect([orders.heard(), orders.asked(), said.at(-1)]).toEqual(['', undefined, 'Done: Undo']);
});

test('says that it is done when it is, and not when it is refused', async () => {
  let resolve: () => void = () => undefined;
  outcome = () => new Promise<void>((settle) => (resolve = settle));
  orders.understand('Lung');
  orders.carryOut();
  await settled();
  expect(done).toEqual([{ act: 'set', id: 3, patch: { type: 'hologram', window: { centre_hu: -600, width_hu: 1500 } } }]);
  expect(said.filter((words) => words.startsWith('Done'))).toEqual([]);
  resolve();
  await settled();
  expect(said.at(-1)).toMatch(/^Done: .*lung/i);
  said.length = 0;
  outcome = () => Promise.reject(new Error('refused'));
  orders.understand('Raise hand');
  orders.carryOut();
  await settled();
  expect(said.filter((words) => words.startsWith('Done'))).toEqual([]);
});

test('understands only what can be done now', async () => {
  const understood = (words: string): string | undefined => {
    orders.understand(words);
    return orders.asked()?.id;
  };
  const all = (): (string | undefined)[] => ['Show the way', 'Bring everybody here', 'Lung', 'Length', 'Pen', 'Undo'].map(understood);
  expect(all()).toEqual(['lead', 'gather', 'window:lung', 'tool:measure', 'tool:pen', 'undo']);
  there = { images: false, staged: true, works: true };
  expect(all()).toEqual(['lead', 'gather', undefined, undefined, 'tool:pen', 'undo']);
  there = { images: true, staged: true, works: false };
  expect(all()).toEqual(Array.from({ length: 6 }, () => undefined));
  expect(understood('Point')).toBe('tool:point');
  there = { images: false, staged: false, works: true };
  expect(all()).toEqual([undefined, undefined, undefined, undefined, undefined, 'undo']);
  // What could be done when it was said is not done when it no longer can.
  there.staged = true;
  expect(understood('Show the way')).toBe('lead');
  there.staged = false;
  orders.carryOut();
  await settled();
  expect([done, orders.asked()]).toEqual([[], undefined]);
  expect(said.at(-1)).toContain('No order was understood');
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
