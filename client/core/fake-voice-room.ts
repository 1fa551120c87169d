/** A room with a pretended hospital, browser and devices, in which tests join the voice. */
import { createEffect, createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { FakePeer, FakeTrack } from '../media/fake-peer';
import type { Ear } from '../media/sound';
import { FakeSocket } from '../room/fake-server';
import { RoomClient } from '../room/room-client';
import type { App } from './app';
import { createRoomAround } from './room-around';
import type { RoomAround } from './room-around';
import { createRoomVoice } from './room-voice';
import type { Picture, RoomVoice } from './room-voice';

// Node has no thread for sound: what comes out of it is another track.
vi.mock('../media/disguise', () => ({
  disguised: async (microphone: FakeTrack) => {
    if (given.breaks) {
      microphone.stop();
      throw new DOMException('no thread for sound', 'NotReadableError');
    }
    const other = new FakeTrack();
    other.of = microphone;
    return other;
  },
}));

type Params = Record<string, { value: number }>;
const params = (...names: string[]): Params => Object.fromEntries(names.flatMap((name) => ['X', 'Y', 'Z'].map((axis) => [`${name}${axis}`, { value: 0 }])));
const node = (more: object = {}): object => ({ connect: (to: unknown) => to, disconnect: () => undefined, ...more });

class FakeContext {
  destination = node();
  listener = ear;
  async resume(): Promise<void> {}
  async close(): Promise<void> {}
  async setSinkId(device: string): Promise<void> {
    if (device === 'gone') throw new DOMException('no such loudspeaker', 'NotFoundError');
    outputs.push(device);
  }
  createMediaStreamSource(stream: { tracks: FakeTrack[] }): object {
    const [track] = stream.tracks;
    if (track) heard.add(track);
    return node({ disconnect: () => track && heard.delete(track) });
  }
  createAnalyser = (): object => node();
  createPanner = (): object => {
    const panner = params('position');
    panners.push(panner);
    return node(panner);
  };
  createGain = (): object => {
    const gain = { value: 1 };
    gains.push(gain);
    return node({ gain });
  };
  createDelay = (): object => node({ delayTime: { value: 0 } });
}

export let peers: FakePeer[];
/** The tracks that reach the ear now. */
export let heard: Set<FakeTrack>;
/** How loud each voice is let through, in the order in which they came. */
export let gains: { value: number }[];
/** From where each is heard, in the same order, and the ear that hears them. */
export let panners: Params[];
export let ear: Params;
export let offers: number;
/** What the next offers are refused with. */
export let refusals: unknown[];
/** To which loudspeakers sound was sent. */
export let outputs: string[];
/** The devices that the browser finds. */
export let plugged: object[];
/** What a test may have otherwise: whether the hospital carries media, whether another voice cannot be made, and from where a stage is seen. */
export const given: { isOpen: boolean; breaks: boolean; eye: Ear | undefined } = { isOpen: true, breaks: false, eye: undefined };
/** To where sound went that is to be written down. */
export let written: string[];
/** What was said to those who listen to the page. */
export let announced: string[];
/** The browser's questions about devices, and what was wanted of them, in order; the person may take their time to answer. */
export let asked: { readonly wanted: unknown; grant(track: FakeTrack): void }[];
export let sockets: FakeSocket[];
export let client: RoomClient;
export let voice: RoomVoice;
export let around: RoomAround;
export let shown: readonly Picture[];
let app: App;
let dispose: () => void;

export const last = <T>(all: readonly T[]): T => all[all.length - 1] as T;
export const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
export const PLACED = [{ mid: '3', participant: 2, source: 'microphone' as const }];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  Object.assign(given, { isOpen: true, breaks: false, eye: undefined });
  FakePeer.all = [];
  peers = FakePeer.all;
  [heard, gains, offers, refusals, announced, asked, sockets, written, plugged, outputs] = [new Set(), [], 0, [], [], [], [], [], [], []];
  [panners, ear] = [[], params('position', 'forward', 'up')];
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
  vi.stubGlobal('RTCPeerConnection', FakePeer);
  vi.stubGlobal('AudioContext', FakeContext);
  vi.stubGlobal('Audio', class {
    play = async (): Promise<void> => undefined;
  });
  vi.stubGlobal('MediaStream', class {
    constructor(readonly tracks: FakeTrack[]) {}
  });
  const open = (wanted: unknown): Promise<object> =>
    new Promise((grant) => asked.push({ wanted, grant: (track) => grant({ getVideoTracks: () => [track], getAudioTracks: () => [track] }) }));
  vi.stubGlobal('navigator', { mediaDevices: Object.assign(new EventTarget(), { getUserMedia: open, getDisplayMedia: open, enumerateDevices: async () => plugged.map((one) => ({ ...one })) }) });
  const socket = (): FakeSocket => {
    sockets.push(new FakeSocket());
    return last(sockets);
  };
  client = new RoomClient('r1', { socket, random: () => 1, store: undefined }).connect();
  last(sockets).open().welcome();
  const post = async (): Promise<unknown> => {
    offers++;
    const refusal = refusals.shift();
    if (refusal) throw refusal;
    return { sdp: 'v=0' };
  };
  const api = { get: async () => ({ open: given.isOpen, relays: [] }), post, postBytes: async (path: string) => void written.push(path) };
  app = { api, language: () => 'en', announce: (words: string) => void announced.push(words), toast: (words: () => string) => void announced.push(words()), t: (word: string) => word } as unknown as App;
  enter();
});

function enter(): void {
  createRoot((end) => {
    dispose = end;
    voice = createRoomVoice(client, app, () => given.eye);
    around = createRoomAround(client, voice, app);
    createEffect(() => (shown = voice.pictures()));
  });
}

/** Who left the page of the room opens it anew, on the same device. */
export function enterAgain(): void {
  dispose();
  enter();
}

afterEach(() => {
  dispose();
  client.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

export async function join(): Promise<FakePeer> {
  void voice.join();
  await settle();
  last(peers).become('connected');
  await settle();
  expect(voice.state()).toBe('in');
  return last(peers);
}

/** Time passes in a room that ticks. */
export async function wait(seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    await vi.advanceTimersByTimeAsync(1_000);
    last(sockets).tick();
  }
}

/** The room's own line breaks and comes back. */
export async function blip(): Promise<void> {
  last(sockets).breakDown();
  await vi.advanceTimersByTimeAsync(5_000);
  last(sockets).open().welcome({ resumed: true });
  await settle();
}
