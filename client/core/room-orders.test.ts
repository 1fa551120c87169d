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
import { SPOTS } from './room-standing';
import { createRoomOrders } from './room-orders';
import type { RoomOrders } from './room-orders';
import type { VolumeManifest } from './volume/manifest';

const spoken = vi.hoisted(() => ({ sound: undefined as Blob | undefined, stopped: 0, microphone: true, times: Infinity }));
vi.mock('../media/capture', () => ({ capture: () => (spoken.microphone ? Promise.resolve({ stop: () => undefined }) : Promise.reject(new DOMException('no', 'NotAllowedError'))) }));
vi.mock('./series-volume', () => ({ manifestOf: (series: string) => (series === 'bad' ? Promise.reject(new ApiError('failed', 500, 'no volume', undefined, undefined)) : Promise.resolve({})) }));
vi.mock('../media/spoken', () => ({ recordSpoken: () => ({ sound: Promise.resolve(spoken.times-- > 0 ? spoken.sound : undefined), stop: () => void spoken.stopped++ }) }));

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
/** How the images are, who has locked them, who shows the way, what boards stand there, and what the patient has. */
let state: Record<string, unknown>;
let drawn: boolean;
/** One's own voice and hand. */
let own: { state: 'out' | 'in'; open: boolean; dictates: boolean; hand: string | null; kept: string | undefined };
let locked: { by: string; name: string; marks: boolean } | undefined;
let leader: { own: boolean; follows: boolean } | undefined;
let boards: unknown[];
let lying: string[];
/** What comes of what is asked for. */
let outcome: () => Promise<unknown>;

const settled = async (): Promise<void> => {
  for (let i = 0; i < 80; i++) await Promise.resolve();
};

beforeEach(() => {
  [language, done, asked, said] = ['en', [], [], []];
  [there, outcome] = [{ images: true, staged: true, works: true }, () => Promise.resolve()];
  Object.assign(spoken, { sound: new Blob(['x'], { type: 'audio/webm' }), stopped: 0, microphone: true, times: Infinity });
  own = { state: 'in', open: false, dictates: false, hand: null, kept: undefined };
  state = { series: '1.2', cursor_lps_mm: [1, 2, 3], transform: { position_m: [0, 1, 0], rotation: [0, 0, 0, 1], scale: 1 }, clip: null };
  drawn = true;
  [locked, leader, boards, lying] = [undefined, undefined, [], ['1.1', '1.2', '1.3']];
  answers = () => Promise.resolve({ text: 'Undo that, please.' });
  door = () => Promise.resolve({ open: true, speech: true, relays: [] });
  const app = {
    api: { get: (path: string) => (path.startsWith('/api/patients/') ? Promise.resolve({ studies: [{ series: lying.map((uid) => ({ uid, modality: 'CT', images: 9 })) }] }) : door()), postBytes: (path: string, body: unknown) => (asked.push({ path, body }), answers()) },
    language: () => language,
    t: (key: Parameters<typeof translate>[1], params?: Parameters<typeof translate>[2]) => translate(language, key, params),
    announce: (words: string) => void said.push(words),
    explain: (error: unknown) => (error instanceof ApiError ? error.detail : 'failed'),
  } as unknown as App;
  const control = {
    chooseTool: (tool: string) => done.push(tool),
    hologram: () => (there.images ? { id: 3, state } : undefined),
    locked: () => locked,
    boards: () => boards,
    pages: () => [],
    isDrawn: () => there.staged && drawn,
  } as unknown as RoomControl;
  const order = { ask: (act: unknown) => (done.push(act), outcome()), works: () => there.works, keeps: () => false, own: () => ({ actor: 'li.x', may_act: there.works, standing: there.works ? 'speaker' : 'observer', hand_since: own.hand }) } as unknown as RoomOrder;
  const client = { id: 'r/1', state: { self: 7 } } as unknown as RoomClient;
  const lead = {
    staged: () => there.staged,
    leader: () => leader && { participant: 2, name: 'Chen' },
    isOwn: () => leader?.own ?? false,
    follows: () => leader?.follows ?? true,
    follow: (follows: boolean) => done.push(['follow', follows]),
    lead: async (leads: boolean) => (done.push(leads ? 'lead' : 'end'), true),
    gather: async () => (done.push('gather'), true),
  } as unknown as RoomLead;
  const surfaces = [{ name: 'lung-left', label: { zh: '左肺', en: 'left lung' } }, { name: 'airway', label: { zh: '气道', en: 'airway' } }];
  const manifest = { surfaces, size: [11, 11, 11], origin_lps_mm: [0, 0, 0], spacing_mm: [1, 1, 1], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as unknown as VolumeManifest;
  const voice = {
    chosen: () => ({}),
    state: () => own.state,
    join: async () => void (own.state = 'in'),
    on: () => own.open,
    kept: () => own.kept,
    turn: async (_: string, open: boolean) => void (own.open = open),
    writesDown: () => true,
    dictates: () => own.dictates,
    dictate: (on: boolean) => void (own.dictates = on),
  } as unknown as Parameters<typeof createRoomOrders>[0]['voice'];
  const picture = (): (() => void) | undefined => (there.images && there.works ? () => void done.push('picture') : undefined);
  createRoot((dispose) => {
    end = dispose;
    orders = createRoomOrders({ client, control, order, lead, voice, leave: () => void done.push('leave'), patient: 'p1', manifest: () => (there.images ? manifest : undefined), picture }, app);
  });
});
afterEach(() => end());

test('what is said goes to the service of the hospital as an order, is shown, and done when it is confirmed', async () => {
  expect(orders.by()).toBeUndefined();
  orders.prepare();
  await settled();
  expect(orders.by()).toBe('hospital');
  spoken.times = 1;
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

test.each([
  ['en', 'Undo, please.', 'Yes.', 'No, thanks.'],
  ['zh', '请撤销。', '是的。', '取消'],
] as const)('an order that was said is answered by a word, too: %s', async (to, order, yes, no) => {
  language = to;
  orders.prepare();
  await settled();
  const hear = async (...words: string[]): Promise<void> => {
    spoken.times = words.length;
    answers = () => Promise.resolve({ text: words.shift() });
    orders.hear(true);
    await settled();
    expect(orders.state()).toBe('idle');
  };
  await hear(order, yes);
  expect([done, orders.asked()]).toEqual([[{ act: 'undo' }], undefined]);
  await hear(order, no);
  expect([done.length, orders.asked(), said.at(-1)]).toEqual([1, undefined, translate(to, 'orders.dropped', { order: translate(to, 'tool.undo') })]);
  // Who is silent, or says something else, has answered nothing, and is in no trouble; later they do.
  await hear(order);
  expect([orders.asked()?.id, orders.trouble()]).toEqual(['undo', undefined]);
  await hear('…');
  await hear(translate(to, 'tool.undo'));
  expect([orders.asked()?.id, done.length]).toEqual(['undo', 1]);
  await hear(yes);
  expect(done).toHaveLength(2);
  // Without an order that waits there is nothing to say yes to; a word that is typed answers too.
  await hear(yes);
  expect([done.length, orders.asked()]).toEqual([2, undefined]);
  orders.understand(order);
  orders.understand(yes);
  expect(done).toHaveLength(3);
});

test('what waits for an answer listens no more once it is pressed', async () => {
  orders.prepare();
  await settled();
  let answer: (heard: unknown) => void = () => undefined;
  orders.understand('Undo');
  answers = () => new Promise((resolve) => (answer = resolve));
  orders.hear(true);
  await settled();
  expect(orders.state()).toBe('writing');
  orders.carryOut();
  expect([orders.state(), done]).toEqual(['idle', [{ act: 'undo' }]]);
  answer({ text: 'Lung' });
  await settled();
  expect(orders.asked()).toBeUndefined();
});

test.each([
  ['en', 'Microphone on', 'microphone off', 'Captions on', 'Captions off', 'Raise hand', 'Lower hand', 'Leave the room', 'Leave the headset', 'Take a picture'],
  ['zh', '请打开麦克风', '关闭麦克风', '打开字幕', '关闭字幕', '举手', '放下手', '离开房间', '退出头显', '截图'],
] as const)('voice, captions, the hand and the way out, as far as they are there: %s', async (to, open, close, write, end, raise, lower, leave, exit, picture) => {
  language = to;
  own.state = 'out';
  expect(await ordered(open)).toBeUndefined();
  await ordered(translate(to, 'voice.join'));
  expect(own.state).toBe('in');
  await ordered(close);
  expect(orders.asked()).toBeUndefined();
  await ordered(open);
  expect(own.open).toBe(true);
  expect(said.at(-1)).toBe(translate(to, 'orders.done', { order: translate(to, 'orders.microphoneOn') }));
  await ordered(close);
  own.kept = 'watching';
  await ordered(open);
  expect(own.open).toBe(false);
  await ordered(write);
  expect(own.dictates).toBe(true);
  await ordered(end);
  expect(own.dictates).toBe(false);
  expect(await ordered(lower)).toBeUndefined();
  expect(await ordered(raise)).toEqual({ act: 'raise-hand' });
  own.hand = '2026-01-01T00:00:00Z';
  expect(await ordered(lower)).toEqual({ act: 'lower-hand' });
  expect(await ordered(exit)).toBeUndefined();
  expect(await ordered(leave)).toBe('leave');
  orders.wear({ picture: () => void done.push('inside'), exit: () => void done.push('exit') });
  expect(await ordered(exit)).toBe('exit');
  expect(await ordered(picture)).toBe('inside');
  orders.wear(undefined);
  expect(await ordered(picture)).toBe('picture');
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
  // Who has no 3D shows the way, and has no place for tools that need no images.
  there.staged = true;
  drawn = false;
  expect(all()).toEqual(['lead', 'gather', undefined, undefined, undefined, 'undo']);
  drawn = true;
  there.staged = false;
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

/** What is understood in the words, and what comes of it where it is confirmed. */
async function ordered(words: string): Promise<unknown> {
  done.length = 0;
  orders.understand(words);
  orders.carryOut();
  await settled();
  return done[0];
}
const set = (patch: object): object => ({ act: 'set', id: 3, patch: { type: 'hologram', ...patch } });

test.each([
  ['en', 'Show the left lung alone', 'Cut to the airway, please', 'Measure the volume of the left lung', 'axial cut', 'Crop to a box', 'Move apart'],
  ['zh', '请单独显示左肺', '裁切到气道', '测量左肺的体积', '轴位剖切', '裁切到方框内', '分离展开'],
] as const)('structures are shown, cut and measured by their names: %s', async (to, only, within, volume, cut, crop, apart) => {
  language = to;
  expect(await ordered(only)).toEqual(set({ only: 'lung-left' }));
  expect(await ordered(within)).toEqual(set({ within: 'airway' }));
  expect(await ordered(volume)).toEqual({ act: 'add', entity: { type: 'measure', hologram: 3, kind: 'volume', points_lps_mm: [], layer: 'lung-left' } });
  expect(await ordered(cut)).toEqual(set({ clip: { normal_lps: [0, 0, 1], offset_mm: 3 } }));
  expect(await ordered(crop)).toMatchObject(set({ crop: { min_lps_mm: [0, 0, 0] } }));
  expect(await ordered(apart)).toEqual(set({ apart: 1 }));
  expect(said.at(-1)).toBe(translate(to, 'orders.done', { order: translate(to, 'parts.apart') }));
});

test.each([
  ['en', 'End the cut', 'End the crop box', 'Move together', 'Larger', 'Turn left'],
  ['zh', '取消剖切', '取消裁切框', '合拢', '放大', '向左转'],
] as const)('what is cut or apart is whole again, and images are made larger and turned: %s', async (to, uncut, uncrop, together, larger, left) => {
  language = to;
  expect(await ordered(uncrop)).toBeUndefined();
  Object.assign(state, { clip: {}, crop: {}, apart: 1 });
  expect(await ordered(uncut)).toEqual(set({ clip: null }));
  expect(await ordered(uncrop)).toEqual(set({ crop: null }));
  expect(await ordered(together)).toEqual(set({ apart: 0 }));
  expect(await ordered(larger)).toMatchObject(set({ transform: { scale: 1.2 } }));
  expect(await ordered(left)).toMatchObject(set({ transform: { scale: 1 } }));
  // A board has its largest size, and so have images that are ordered larger: they never grow smaller by it.
  Object.assign(state, { transform: { ...(state['transform'] as object), scale: 3.5 } });
  expect(await ordered(larger)).toBeUndefined();
});

test.each([
  ['en', 'Lock in place', 'Unlock', 'Larger', 'Volume of airway'],
  ['zh', '锁定位置', '解锁', '放大', '气道体积'],
] as const)('images are locked, and unlocked by whoever may: %s', async (to, lock, unlock, larger, volume) => {
  language = to;
  expect(await ordered(unlock)).toBeUndefined();
  expect(await ordered(lock)).toEqual({ act: 'lock', id: 3, marks: false });
  locked = { by: 'li.x', name: 'Li', marks: true };
  expect(await ordered(larger)).toBeUndefined();
  expect(await ordered(volume)).toBeUndefined();
  expect(await ordered(unlock)).toEqual({ act: 'unlock', id: 3 });
  locked = { by: 'chen.x', name: 'Chen', marks: false };
  expect(await ordered(unlock)).toBeUndefined();
  expect(await ordered(volume)).toMatchObject({ act: 'add' });
});

test.each([
  ['en', 'Take a picture', 'Put up a board', 'Put up the patient\'s page', 'Next images', 'Previous images'],
  ['zh', '截图', '放置白板', '放置患者页面', '下一组影像', '上一组影像'],
] as const)('a picture, boards, pages and other images: %s', async (to, picture, board, page, next, previous) => {
  language = to;
  expect(await ordered(next)).toBeUndefined();
  orders.prepare();
  await settled();
  expect(await ordered(picture)).toBe('picture');
  expect(await ordered(board)).toMatchObject({ act: 'add', entity: { type: 'board', transform: SPOTS.right } });
  expect(await ordered(page)).toMatchObject({ act: 'add', entity: { type: 'page', path: '/patients/p1' } });
  expect(await ordered(next)).toEqual({ act: 'take', series: '1.3' });
  expect(await ordered(previous)).toEqual({ act: 'take', series: '1.1' });
  boards = Object.values(SPOTS).map((transform) => ({ board: { transform } }));
  expect(await ordered(board)).toBeUndefined();
  Object.assign(state, { series: '1.3' });
  expect(await ordered(next)).toBeUndefined();
  there.works = false;
  for (const words of [picture, page, previous]) expect(await ordered(words)).toBeUndefined();
});

test('images of which there is no volume are not taken, and why is said', async () => {
  lying = ['1.2', 'bad'];
  orders.prepare();
  await settled();
  expect(await ordered('Next images')).toBeUndefined();
  expect([orders.trouble(), said.at(-1)]).toEqual(['no volume', 'no volume']);
});

test.each([
  ['en', 'Look for myself', 'Follow', 'End showing the way', 'Show the way'],
  ['zh', '自行查看', '跟随', '结束带领', '带领视角'],
] as const)('who is led stops following, and whoever leads ends it: %s', async (to, leave, follow, end, begin) => {
  language = to;
  expect(await ordered(leave)).toBeUndefined();
  leader = { own: false, follows: true };
  there.works = false;
  expect(await ordered(leave)).toEqual(['follow', false]);
  leader.follows = false;
  expect(await ordered(follow)).toEqual(['follow', true]);
  there.works = true;
  leader = { own: true, follows: true };
  expect(await ordered(end)).toBe('end');
  expect(await ordered(begin)).toBeUndefined();
});
