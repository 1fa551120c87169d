import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../core/api';
import { Writer } from '../room/bytes';
import { PoseLine, type Carrier, type CarrierEvents, type CarrierKind } from './pose-line';
import { byTransport } from './pose-transport';

/** A browser's session of WebTransport. */
class FakeTransport {
  readonly sent: Uint8Array[] = [];
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  isClosed = false;
  open: () => void = () => undefined;
  refuse: (why: Error) => void = () => undefined;
  end: () => void = () => undefined;
  #incoming: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** How many writes the network holds back. */
  held: (() => void)[] | undefined;
  readonly datagrams;

  constructor(
    readonly url: string,
    readonly options: WebTransportOptions,
  ) {
    this.ready = new Promise((resolve, reject) => ([this.open, this.refuse] = [resolve, reject]));
    this.closed = new Promise((resolve) => (this.end = resolve));
    this.datagrams = {
      readable: new ReadableStream<Uint8Array>({ start: (controller) => void (this.#incoming = controller) }),
      writable: new WritableStream<Uint8Array>(
        {
          write: (bytes) => {
            this.sent.push(bytes);
            const held = this.held;
            return held && new Promise<void>((resolve) => held.push(resolve));
          },
        },
        { highWaterMark: 2 },
      ),
    };
    sessions.push(this);
  }

  /** The server says that a tick is over, in the middle of a larger buffer, as browsers may hand it out. */
  tick(number: number): void {
    const frame = new Writer().u8(0x82).u32(number).u32(0).u8(0).u16(0).done();
    const larger = new Uint8Array(frame.length + 6);
    larger.set(frame, 3);
    this.#incoming?.enqueue(larger.subarray(3, 3 + frame.length));
  }

  close(): void {
    this.isClosed = true;
  }
}

const POSE = new Uint8Array([2, 1, 2, 3]);
const DOOR = { url: 'https://127.0.0.1:8443/poses/00', certificate_hashes: ['AQID', '/w=='] };
let sessions: FakeTransport[];
let asked: unknown[];
let answer: () => Promise<typeof DOOR>;
/** What carries where there is no WebTransport. */
let others: { events: CarrierEvents; closed: boolean }[];
let received: Uint8Array[];
let line: PoseLine;

const other: CarrierKind = {
  name: 'channel',
  patience_ms: 15_000,
  isHere: () => true,
  open: (_, events): Carrier => {
    const one = { events, closed: false };
    others.push(one);
    return { send: () => true, close: () => void (one.closed = true) };
  },
};
const settle = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const session = (): FakeTransport => sessions.at(-1) ?? expect.fail('no session was made');
/** A line that is open and has been heard. */
const carried = async (): Promise<void> => {
  line.open(7, () => undefined);
  await settle();
  session().open();
  await settle();
  session().tick(1);
  await settle();
};

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal('WebTransport', FakeTransport);
  [sessions, asked, others, received] = [[], [], [], []];
  answer = async () => DOOR;
  const transport = byTransport((seat) => {
    asked.push(seat);
    return answer();
  });
  line = new PoseLine([transport, other], () => Date.now());
});

afterEach(() => {
  line.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('a line for poses by WebTransport', () => {
  it('comes first, knows the hospital by its certificate and carries poses once it is heard', async () => {
    line.open(7, (bytes) => received.push(bytes));
    await settle();
    expect(asked).toEqual([{ participant: 7 }]);
    expect(session().url).toBe(DOOR.url);
    expect(session().options).toEqual({
      serverCertificateHashes: [
        { algorithm: 'sha-256', value: new Uint8Array([1, 2, 3]) },
        { algorithm: 'sha-256', value: new Uint8Array([255]) },
      ],
      requireUnreliable: true,
      congestionControl: 'low-latency',
    });
    expect(line.send(POSE)).toBe(false);
    session().open();
    await settle();
    expect(line.send(POSE), 'nobody knows yet whether it carries').toBe(false);
    session().tick(300);
    await settle();
    expect(received).toHaveLength(1);
    expect(line.send(POSE)).toBe(true);
    await settle();
    expect(session().sent.map((bytes) => [...bytes]), 'the tick that was heard, and the pose').toEqual([[4, 44, 1, 0, 0], [...POSE]]);
    await settle(2_600);
    expect(line.send(POSE), 'by the socket while nothing is heard').toBe(false);
    expect(others).toEqual([]);
  });

  it('leaves out what would wait in the browser', async () => {
    await carried();
    session().held = [];
    for (let at = 0; at < 10; at += 1) expect(line.send(POSE)).toBe(true);
    await settle();
    for (const go of session().held ?? []) go();
    session().held = undefined;
    await settle();
    expect(session().sent.length, 'a word, and no more than two that waited').toBeLessThanOrEqual(3);
    line.send(POSE);
    await settle();
    expect(session().sent.at(-1)).toEqual(POSE);
  });

  it('leaves it to the next carrier where it does not open in time, is refused, or is not here', async () => {
    line.open(7, () => undefined);
    await settle(5_100);
    expect([session().isClosed, others.length]).toEqual([true, 1]);
    others[0]?.events.opened();
    line.open(7, () => undefined);
    await settle();
    expect(others[0]?.closed).toBe(true);
    session().refuse(new Error('no way'));
    await settle();
    expect(others).toHaveLength(2);
    // A hospital without it is not asked again.
    answer = () => Promise.reject(new ApiError('failed', 503, '', undefined, undefined));
    line.open(7, () => undefined);
    await settle();
    expect([asked.length, others.length]).toEqual([3, 3]);
    line.open(7, () => undefined);
    await settle();
    expect([asked.length, others.length]).toEqual([3, 4]);
  });

  it('is not asked for in a browser that has none', async () => {
    Reflect.deleteProperty(globalThis, 'WebTransport');
    line.open(7, () => undefined);
    await settle();
    expect([asked.length, others.length]).toEqual([0, 1]);
  });

  it('comes back after it has broken, and not after it was closed', async () => {
    await carried();
    session().end();
    await settle();
    expect(line.send(POSE)).toBe(false);
    expect(others, 'one that has carried is not given up').toEqual([]);
    await settle(21_000);
    expect(sessions).toHaveLength(2);
    session().open();
    await settle();
    line.close();
    expect(session().isClosed).toBe(true);
    await settle(120_000);
    expect([sessions.length, others.length]).toEqual([2, 0]);
  });
});
