import { beforeEach, expect, it, vi } from 'vitest';
import { LEFT } from './line';
import type { Fetch } from './stream-socket';
import { StreamSocket } from './stream-socket';

/** The server's end. */
let requests: { method?: string; url: string; body: number[]; line: string | undefined; number: string | undefined }[];
let stream: ReadableStreamDefaultController<Uint8Array>;
let answers: (() => Promise<Response>)[];
let heard: number[][];
let closed: number;
let aborted: number;

const fetching: Fetch = (url, init) => {
  const headers = init.headers as Record<string, string>;
  expect(headers['x-yuanyi-client']).toBe('1');
  requests.push({ ...(init.method === 'POST' ? {} : { method: init.method ?? '' }), url, body: [...((init.body ?? []) as Uint8Array)], line: headers['x-yuanyi-line'], number: headers['x-yuanyi-number'] });
  if (url.endsWith('/stream') && init.method === 'POST') {
    init.signal?.addEventListener('abort', () => (aborted += 1));
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) });
    return Promise.resolve(new Response(body));
  }
  return answers.shift()?.() ?? Promise.resolve(new Response(null, { status: 204 }));
};

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await new Promise((done) => setTimeout(done));
};
const say = (text: string): void => stream.enqueue(new TextEncoder().encode(text));
const bytes = (...list: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(list);

function make(): StreamSocket {
  const socket = new StreamSocket('/api/rooms/r1', fetching);
  socket.addEventListener('open', () => socket.send(bytes(1, 2, 0)));
  socket.addEventListener('message', ({ data }) => heard.push([...new Uint8Array(data as ArrayBuffer)]));
  socket.addEventListener('close', () => (closed += 1));
  return socket;
}

beforeEach(() => {
  [requests, answers, heard, closed, aborted] = [[], [], [], 0, 0];
  vi.useRealTimers();
});

it('opens with the first frame, hears events however they are cut, and sends in order by requests', async () => {
  const socket = make();
  await settle();
  expect(requests).toEqual([{ url: '/api/rooms/r1/stream', body: [1, 2, 0], line: undefined, number: undefined }]);
  socket.send(bytes(3, 9, 9));
  await settle();
  expect(requests, 'nothing is sent before the line has its name').toHaveLength(1);
  say('event: line\nda');
  say('ta: abcd\n\n: quiet\n\ndata: gg');
  say('EC\n\n');
  await settle();
  expect(heard).toEqual([[130, 1, 2]]);
  expect(requests[1]).toEqual({ url: '/api/rooms/r1/frames', body: [3, 0, 3, 9, 9], line: 'abcd', number: '1' });

  // While one request is under way the others wait, and of poses only the latest.
  let release: (answer: Response) => void = () => undefined;
  answers.push(() => new Promise((done) => (release = done)));
  socket.send(bytes(3, 1));
  for (const frame of [bytes(2, 1), bytes(2, 2), bytes(3, 2), bytes(2, 3), bytes(2, 4)]) socket.send(frame);
  await settle();
  expect(requests).toHaveLength(3);
  release(new Response(null, { status: 204 }));
  await settle();
  expect(requests[3]?.body).toEqual([2, 0, 2, 2, 2, 0, 3, 2, 2, 0, 2, 4]);
  expect(requests.slice(1).map(({ number }) => number)).toEqual(['1', '2', '3']);
  expect(closed).toBe(0);
});

it('breaks when the stream ends, a request fails, or the stream is refused, and says so once', async () => {
  make();
  await settle();
  stream.close();
  await settle();
  expect(closed).toBe(1);

  const socket = make();
  await settle();
  say('event: line\ndata: abcd\n\n');
  answers.push(() => Promise.resolve(new Response(null, { status: 404 })));
  socket.send(bytes(3, 1));
  await settle();
  expect(closed).toBe(2);
  socket.send(bytes(3, 2));
  await settle();
  expect(requests.at(-1)?.body, 'nothing more is sent').toEqual([2, 0, 3, 1]);

  const refused = new StreamSocket('/api/rooms/r1', () => Promise.resolve(new Response(null, { status: 403 })));
  refused.addEventListener('close', () => (closed += 1));
  refused.send(bytes(1));
  await settle();
  expect(closed).toBe(3);
});

it('breaks where a request is answered by nobody, though events still come', async () => {
  const socket = make();
  await settle();
  say('event: line\ndata: abcd\n\n');
  await settle();
  vi.useFakeTimers();
  answers.push(() => new Promise(() => undefined));
  socket.send(bytes(3, 1));
  await vi.advanceTimersByTimeAsync(19_000);
  expect([closed, aborted]).toEqual([0, 0]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect([closed, aborted]).toEqual([1, 1]);
});

it('waits for no answer that has come', async () => {
  const socket = make();
  await settle();
  say('event: line\ndata: abcd\n\n');
  await settle();
  vi.useFakeTimers();
  socket.send(bytes(3, 1));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(closed).toBe(0);
});

it('says nothing more after it was closed', async () => {
  const socket = make();
  await settle();
  socket.close();
  await settle();
  expect(closed).toBe(0);
});

it('says that one leaves on purpose before the stream ends', async () => {
  const socket = make();
  await settle();
  say('event: line\ndata: abcd\n\n');
  await settle();
  let release: (answer: Response) => void = () => undefined;
  answers.push(() => new Promise((done) => (release = done)));
  socket.close(LEFT);
  await settle();
  expect(requests.at(-1)).toMatchObject({ method: 'DELETE', url: '/api/rooms/r1/stream', line: 'abcd' });
  expect(aborted).toBe(0);
  release(new Response(null, { status: 204 }));
  await settle();
  expect(aborted).toBe(1);

  const broken = make();
  await settle();
  say('event: line\ndata: abcd\n\n');
  await settle();
  const before = requests.length;
  broken.close();
  await settle();
  expect(requests).toHaveLength(before);
});
