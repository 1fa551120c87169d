import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reader, Writer } from '../room/bytes';
import { byChannel, type ChannelDoors } from './pose-channel';
import { PoseLine } from './pose-line';

/** A browser's data channel. */
class FakeChannel {
  binaryType = '';
  readyState = 'connecting';
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: Uint8Array[] = [];

  constructor(readonly options: object) {}

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  open(): void {
    this.readyState = 'open';
    this.onopen?.();
  }

  /** The server says that a tick is over. */
  tick(number: number): void {
    this.onmessage?.({ data: new Writer().u8(0x82).u32(number).u32(0).u8(0).u16(0).done().buffer });
  }
}

class FakePeer {
  connectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  localDescription = { sdp: 'v=0 offer' };
  channel: FakeChannel | undefined;
  answer: unknown;
  closed = false;

  constructor() {
    peers.push(this);
  }

  createDataChannel(_: string, options: object): FakeChannel {
    return (this.channel = new FakeChannel(options));
  }
  async createOffer(): Promise<object> {
    return {};
  }
  async setLocalDescription(): Promise<void> {}
  async setRemoteDescription(answer: unknown): Promise<void> {
    this.answer = answer;
  }
  close(): void {
    this.closed = true;
  }
}

const POSE = new Uint8Array([2, 1, 2, 3]);
let peers: FakePeer[];
let offers: unknown[];
let received: Uint8Array[];
let line: PoseLine;
let isOpen: boolean;

const doors: ChannelDoors = {
  door: async () => ({ open: isOpen, speech: false, relays: [] }),
  offer: async (offer) => {
    offers.push(offer);
    return { sdp: 'v=0 answer' };
  },
};

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1);
const channel = (): FakeChannel => peers.at(-1)?.channel ?? expect.fail('no channel was made');

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal('RTCPeerConnection', FakePeer);
  [peers, offers, received, isOpen] = [[], [], [], true];
  line = new PoseLine([byChannel(doors)], () => Date.now());
});

afterEach(() => {
  line.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('a line for poses by a data channel', () => {
  it('offers one channel that loses, for the seat, and carries poses once it is heard', async () => {
    line.open(7, (bytes) => received.push(bytes));
    await settle();
    expect(offers).toEqual([{ participant: 7, sdp: 'v=0 offer' }]);
    expect(channel().options).toEqual({ ordered: false, maxRetransmits: 0 });
    expect(peers[0]?.answer).toEqual({ type: 'answer', sdp: 'v=0 answer' });
    expect(line.send(POSE)).toBe(false);
    channel().open();
    expect(line.send(POSE), 'nobody knows yet whether it carries').toBe(false);
    expect(line.by()).toBeUndefined();
    channel().tick(300);
    expect(line.send(POSE)).toBe(true);
    expect(line.by()).toBe('channel');
    expect(received).toHaveLength(1);
    const [confirmed, pose] = channel().sent;
    const reader = new Reader(confirmed ?? new Uint8Array());
    expect([reader.u8(), reader.u32()], 'the tick that was heard').toEqual([4, 300]);
    expect(pose).toBe(POSE);
    channel().tick(301);
    expect(channel().sent, 'said once a second').toHaveLength(2);
  });

  it('leaves poses to the socket when nothing is heard any more, and takes them again', async () => {
    line.open(7, () => undefined);
    await settle();
    channel().open();
    channel().tick(1);
    await vi.advanceTimersByTimeAsync(2_600);
    expect(line.send(POSE)).toBe(false);
    expect(line.by()).toBeUndefined();
    channel().tick(60);
    expect(line.send(POSE)).toBe(true);
    channel().bufferedAmount = 5_000;
    const before = channel().sent.length;
    expect(line.send(POSE), 'a pose that would wait is left out').toBe(true);
    expect(channel().sent).toHaveLength(before);
  });

  it('is tried again after it has broken, and not after it was closed', async () => {
    line.open(7, () => undefined);
    await settle();
    channel().open();
    channel().tick(1);
    channel().onclose?.();
    expect(line.send(POSE)).toBe(false);
    await vi.advanceTimersByTimeAsync(21_000);
    expect(peers).toHaveLength(2);
    expect(peers[0]?.closed).toBe(true);
    // This one never comes about.
    await vi.advanceTimersByTimeAsync(36_000);
    expect(peers).toHaveLength(3);
    line.close();
    expect(peers[2]?.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(peers).toHaveLength(3);
  });

  it('is not offered where the hospital has no port for it, or the browser no WebRTC', async () => {
    isOpen = false;
    line.open(7, () => undefined);
    await vi.advanceTimersByTimeAsync(120_000);
    vi.stubGlobal('RTCPeerConnection', undefined);
    Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
    line.open(7, () => undefined);
    await settle();
    expect([peers, offers]).toEqual([[], []]);
  });
});
