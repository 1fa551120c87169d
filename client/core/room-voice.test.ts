import { createEffect, createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakePeer, FakeTrack } from '../media/fake-peer';
import { FakeRecorder } from '../media/fake-recorder';
import { FakeSocket } from '../room/fake-server';
import { RoomClient } from '../room/room-client';
import { ApiError } from './api';
import type { App } from './app';
import { createRoomAround } from './room-around';
import type { RoomAround } from './room-around';
import { createRoomVoice } from './room-voice';
import type { Picture, RoomVoice } from './room-voice';

// Node has no thread for sound: what comes out of it is another track.
vi.mock('../media/disguise', () => ({
  disguised: async (microphone: FakeTrack) => {
    if (breaks) {
      microphone.stop();
      throw new DOMException('no thread for sound', 'NotReadableError');
    }
    const other = new FakeTrack();
    other.of = microphone;
    return other;
  },
}));

const param = { value: 0 };
const node = (more: object = {}): object => ({ connect: (to: unknown) => to, disconnect: () => undefined, ...more });

class FakeContext {
  destination = node();
  listener = { setPosition: () => undefined, setOrientation: () => undefined };
  async resume(): Promise<void> {}
  async close(): Promise<void> {}
  createMediaStreamSource(stream: { tracks: FakeTrack[] }): object {
    const [track] = stream.tracks;
    if (track) heard.add(track);
    return node({ disconnect: () => track && heard.delete(track) });
  }
  createAnalyser = (): object => node();
  createPanner = (): object => node({ positionX: param, positionY: param, positionZ: param });
  createGain = (): object => {
    const gain = { value: 1 };
    gains.push(gain);
    return node({ gain });
  };
  createDelay = (): object => node({ delayTime: param });
}

let peers: FakePeer[];
/** The tracks that reach the ear now. */
let heard: Set<FakeTrack>;
/** How loud each voice is let through, in the order in which they came. */
let gains: { value: number }[];
/** Whether the other voice cannot be made. */
let breaks: boolean;
let offers: number;
/** What the next offers are refused with. */
let refusals: unknown[];
/** Whether the hospital carries media. */
let isOpen: boolean;
/** To where sound went that is to be written down. */
let written: string[];
/** What was said to those who listen to the page. */
let announced: string[];
/** The browser's questions about devices, in order; the person may take their time to answer. */
let asked: { grant(track: FakeTrack): void }[];
let sockets: FakeSocket[];
let client: RoomClient;
let voice: RoomVoice;
let around: RoomAround;
let shown: readonly Picture[];
let dispose: () => void;

const last = <T>(all: readonly T[]): T => all[all.length - 1] as T;
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const PLACED = [{ mid: '3', participant: 2, source: 'microphone' as const }];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  [isOpen, breaks] = [true, false];
  FakePeer.all = [];
  peers = FakePeer.all;
  [heard, gains, offers, refusals, announced, asked, sockets, written] = [new Set(), [], 0, [], [], [], [], []];
  vi.stubGlobal('RTCPeerConnection', FakePeer);
  vi.stubGlobal('AudioContext', FakeContext);
  vi.stubGlobal('Audio', class {
    play = async (): Promise<void> => undefined;
  });
  vi.stubGlobal('MediaStream', class {
    constructor(readonly tracks: FakeTrack[]) {}
  });
  const open = (): Promise<object> =>
    new Promise((grant) => asked.push({ grant: (track) => grant({ getVideoTracks: () => [track], getAudioTracks: () => [track] }) }));
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: open, getDisplayMedia: open, enumerateDevices: async () => [] } });
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
  const api = { get: async () => ({ open: isOpen, relays: [] }), post, postBytes: async (path: string) => void written.push(path) };
  const app = { api, language: () => 'en', announce: (words: string) => void announced.push(words), toast: (words: () => string) => void announced.push(words()), t: (word: string) => word };
  createRoot((end) => {
    dispose = end;
    voice = createRoomVoice(client, app as unknown as App);
    around = createRoomAround(client, voice, app as unknown as App);
    createEffect(() => (shown = voice.pictures()));
  });
});

afterEach(() => {
  dispose();
  client.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function join(): Promise<FakePeer> {
  void voice.join();
  await settle();
  last(peers).become('connected');
  await settle();
  expect(voice.state()).toBe('in');
  return last(peers);
}

/** Time passes in a room that ticks. */
async function wait(seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    await vi.advanceTimersByTimeAsync(1_000);
    last(sockets).tick();
  }
}

/** The room's own line breaks and comes back. */
async function blip(): Promise<void> {
  last(sockets).breakDown();
  await vi.advanceTimersByTimeAsync(5_000);
  last(sockets).open().welcome({ resumed: true });
  await settle();
}

test('voices are heard again by a new line, though it names its places as the old one did', async () => {
  const first = await join();
  last(sockets).slots(PLACED);
  expect([...heard]).toEqual([first.made[3]?.receiver.track]);
  first.become('failed');
  await wait(2);
  expect(heard.size).toBe(0);
  const second = last(peers);
  expect(second).not.toBe(first);
  last(sockets).slots(PLACED);
  second.become('connected');
  await settle();
  expect([...heard]).toEqual([second.made[3]?.receiver.track]);
});

test('a device that is granted after one has left is given back, and not sent at the next stay', async () => {
  await join();
  void voice.turn('camera', true);
  await settle();
  voice.leave();
  const again = await join();
  const camera = new FakeTrack();
  asked[0]?.grant(camera);
  await settle();
  expect(camera.stopped).toBe(true);
  expect(voice.on('camera')).toBe(false);
  expect(again.made[1]?.sender.track).toBeNull();
});

test('a device whose track the line refuses is given back', async () => {
  const peer = await join();
  peer.refuses = true;
  void voice.turn('microphone', true);
  await settle();
  const microphone = new FakeTrack();
  asked[0]?.grant(microphone);
  await settle();
  expect(microphone.stopped).toBe(true);
  expect(voice.on('microphone')).toBe(false);
  expect(voice.trouble()).toBe('not-taken');
  // The panel that shows it may not be in sight.
  expect(last(announced)).toBe('voice.trouble.not-taken');
  expect(last(last(sockets).sendings).microphone).toBe(false);
});

test('nobody hears the echo check, its end included', async () => {
  await join();
  void voice.checkEcho(true);
  await settle();
  asked[0]?.grant(new FakeTrack());
  await settle();
  expect(last(last(sockets).sendings)).toMatchObject({ microphone: true, echo: true });
  await voice.checkEcho(false);
  expect(voice.echo()).toBe(false);
  const { sendings } = last(sockets);
  expect(last(sendings)).toMatchObject({ microphone: false, echo: false });
  expect(sendings.filter(({ microphone, echo }) => microphone && !echo)).toEqual([]);
});

test('who comes late sees the pictures that were laid before the line was there', async () => {
  void voice.join();
  await settle();
  last(sockets).slots([{ mid: '11', participant: 2, source: 'screen' }]);
  expect(shown).toEqual([]);
  last(peers).become('connected');
  await settle();
  expect(shown.map(({ track }) => track)).toEqual([last(peers).made[11]?.receiver.track]);
});

test('a line that came about too late ends itself alone', async () => {
  void voice.join();
  await settle();
  const [stale] = peers;
  await blip();
  const good = last(peers);
  expect(good).not.toBe(stale);
  good.become('connected');
  await settle();
  // The first gives up after its patience, and takes nothing with it.
  await wait(20);
  expect(voice.state()).toBe('in');
  expect(good.connectionState).toBe('connected');
  expect(stale?.connectionState).toBe('closed');
  expect(voice.trouble()).toBeUndefined();
});

test('leaving and joining while a line is mended leaves one line only', async () => {
  const first = await join();
  first.become('failed');
  await wait(1);
  voice.leave();
  await join();
  await wait(20);
  expect(peers.filter((peer) => peer.connectionState !== 'closed')).toHaveLength(1);
  expect(offers).toBe(2);
  voice.leave();
  expect(peers.every((peer) => peer.connectionState === 'closed')).toBe(true);
});

const UNREACHABLE = new ApiError('unreachable', 0, '', undefined, undefined);

test('who was among the voices comes back to them though tries fail, with what was on', async () => {
  const first = await join();
  void voice.turn('microphone', true);
  await settle();
  const microphone = new FakeTrack();
  asked[0]?.grant(microphone);
  await settle();
  refusals = [UNREACHABLE, UNREACHABLE, new ApiError('too-many', 429, '', undefined, 20)];
  first.become('failed');
  await wait(2);
  expect([offers, voice.state(), last(announced)]).toEqual([2, 'joining', 'voice.interrupted']);
  await wait(2);
  expect(offers).toBe(3);
  // The pauses grow, and last as long as the hospital asks for.
  await wait(3);
  expect(offers).toBe(3);
  await wait(1);
  expect(offers).toBe(4);
  await wait(19);
  expect(offers).toBe(4);
  await wait(1);
  expect(offers).toBe(5);
  last(peers).become('connected');
  await settle();
  expect([voice.state(), microphone.stopped]).toEqual(['in', false]);
  expect(last(peers).made[0]?.sender.track).toBe(microphone);
  expect(last(last(sockets).sendings).microphone).toBe(true);
  expect(announced.filter((words) => words === 'voice.interrupted')).toHaveLength(1);
  expect(last(announced)).toBe('voice.back');
});

test('who leaves on the way back is not tried for any more, and a first try that fails ends it', async () => {
  refusals = [UNREACHABLE];
  await voice.join();
  expect([voice.state(), voice.trouble()]).toEqual(['out', 'not-taken']);
  await wait(60);
  expect(offers).toBe(1);
  (await join()).become('failed');
  refusals = [UNREACHABLE];
  await wait(3);
  expect([voice.state(), offers]).toEqual(['joining', 3]);
  voice.leave();
  expect(last(announced)).toBe('voice.left');
  await wait(60);
  expect([voice.state(), offers]).toEqual(['out', 3]);
});

test('what a speech service heard is read out to who does not hear it aloud', async () => {
  const chen = { id: 2, actor: 'chen', name: 'Chen', role: 'expert', licence: 'valid' as const, colour: '#ffffff', place: 0, may_act: true, standing: 'speaker' as const, hand_since: null, muted: false, treats: true, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };
  last(sockets).tick({ people: [chen] });
  const readOut = (heard: boolean, participant = 2): boolean => {
    announced.length = 0;
    last(sockets).said(participant, 'words', heard);
    return announced.includes('captions.said');
  };
  expect([readOut(true), readOut(true, 1)]).toEqual([true, false]);
  await join();
  expect([readOut(true), readOut(false)]).toEqual([false, true]);
  voice.listen(2, 0);
  expect(readOut(true)).toBe(true);
});

test('where the browser shares no screen that is said before it is tried', async () => {
  expect(voice.kept('screen')).toBeUndefined();
  const { mediaDevices } = navigator as { mediaDevices: { getDisplayMedia?: unknown } };
  delete mediaDevices.getDisplayMedia;
  await join();
  await voice.turn('screen', true);
  expect([voice.kept('screen'), voice.on('screen'), voice.trouble()]).toEqual(['unsupported', false, undefined]);
  expect(voice.kept('camera')).toBeUndefined();
});

test('who was muted is told that an open microphone is heard by nobody, and says no captions', async () => {
  const person = { id: 1, actor: 'wang', name: 'Wang', role: 'nurse', licence: 'valid' as const, colour: '#ffffff', place: 0, may_act: true, standing: 'speaker' as const, hand_since: null, treats: true, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };
  last(sockets).tick({ people: [{ ...person, muted: true }] });
  expect(voice.silenced()).toBe(true);
  expect(voice.caption('words')).toBe(false);
  await join();
  void voice.turn('microphone', true);
  await settle();
  asked[0]?.grant(new FakeTrack());
  await settle();
  expect(last(announced)).toBe('voice.nowSilenced');
  last(sockets).tick({ people: [{ ...person, muted: false }] });
  expect(voice.silenced()).toBe(false);
  expect(voice.caption('words')).toBe(true);
});

test('who watches opens nothing before they are given the word, and what is ended gives its device back', async () => {
  const person = { id: 1, actor: 'zhou', name: 'Zhou', role: 'trainee', licence: 'valid' as const, colour: '#ffffff', place: 0, may_act: false, standing: 'observer' as const, hand_since: null, muted: false, treats: false, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };
  last(sockets).tick({ people: [person] });
  await join();
  expect(voice.kept('microphone')).toBe('watching');
  expect(voice.caption('words')).toBe(false);
  const before = asked.length;
  void voice.turn('microphone', true);
  void voice.turn('camera', true);
  await settle();
  expect(asked).toHaveLength(before);
  last(sockets).tick({ people: [{ ...person, has_word: true }] });
  void voice.turn('camera', true);
  await settle();
  const camera = new FakeTrack();
  asked[before]?.grant(camera);
  await settle();
  expect(voice.on('camera')).toBe(true);
  last(sockets).tick({ people: [{ ...person, has_word: true, ended: ['camera'] }] });
  await settle();
  expect([voice.on('camera'), voice.kept('camera'), voice.kept('microphone')]).toEqual([false, 'ended', undefined]);
  expect(camera.stopped).toBe(true);
});

test('whoever listens makes one person quieter, and that holds when they come back to another place', async () => {
  const chen = { id: 2, actor: 'chen', name: 'Chen', role: 'expert', licence: 'valid' as const, colour: '#ffffff', place: 0, may_act: true, standing: 'speaker' as const, hand_since: null, muted: false, treats: true, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };
  const wang = { ...chen, id: 3, actor: 'wang', name: 'Wang' };
  last(sockets).tick({ people: [chen, wang] });
  await join();
  const laid = (first: number, second: number) => [{ mid: '3', participant: first, source: 'microphone' as const }, { mid: '4', participant: second, source: 'microphone' as const }];
  last(sockets).slots(laid(2, 3));
  expect(gains.map(({ value }) => value)).toEqual([1, 1]);
  voice.listen(2, 0.25);
  expect(gains.map(({ value }) => value)).toEqual([0.25, 1]);
  expect(voice.volume(2)).toBe(0.25);
  // The server lays voices otherwise, and Chen has another seat.
  last(sockets).tick({ people: [{ ...chen, id: 7 }, wang] });
  last(sockets).slots(laid(3, 7));
  expect(gains.map(({ value }) => value)).toEqual([1, 0.25]);
  expect(voice.volume(7)).toBe(0.25);
});

test('where the hospital carries no media the room goes on, and says so', async () => {
  isOpen = false;
  void voice.join();
  await settle();
  expect(voice.trouble()).toBe('off');
  expect(voice.state()).toBe('out');
  expect(peers).toEqual([]);
  expect(voice.caption('words')).toBe(true);
});

test('a browser without WebRTC is told so, and says captions', async () => {
  vi.stubGlobal('RTCPeerConnection', undefined);
  Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
  void voice.join();
  await settle();
  expect(voice.trouble()).toBe('unsupported');
  expect(voice.caption('words')).toBe(true);
});

test('who wants another voice is never heard in their own, and not at all where none can be made', async () => {
  const peer = await join();
  const sent = (): unknown => peer.made[0]?.sender.track;
  await voice.change(true);
  void voice.turn('microphone', true);
  await settle();
  const microphone = new FakeTrack();
  asked[0]?.grant(microphone);
  await settle();
  expect((sent() as FakeTrack).of).toBe(microphone);
  // Back to one's own voice, by the same microphone opened anew.
  void voice.change(false);
  await settle();
  const own = new FakeTrack();
  asked[1]?.grant(own);
  await settle();
  expect(sent()).toBe(own);
  breaks = true;
  void voice.change(true);
  await settle();
  const unheard = new FakeTrack();
  asked[2]?.grant(unheard);
  await settle();
  expect(sent()).toBeNull();
  expect(unheard.stopped).toBe(true);
  expect(voice.on('microphone')).toBe(false);
  expect(voice.trouble()).toBe('busy');
});

test('who asks for it is written down as long as they speak, from one piece into the next', async () => {
  vi.stubGlobal('MediaRecorder', FakeRecorder);
  const speaks = (speaking: boolean): void => void last(sockets).voices([{ participant: 1, muted: false, speaking, camera: false, screen: false, around: false }]);
  await join();
  voice.dictate(true);
  void voice.turn('microphone', true);
  await settle();
  last(asked).grant(new FakeTrack());
  await wait(6);
  expect(written).toEqual([]);
  // Said once that they speak, for as long as they do.
  speaks(true);
  await wait(10);
  expect(written).toEqual(Array.from({ length: 2 }, () => '/api/rooms/r1/speech?participant=1&language=en'));
  speaks(false);
  await wait(15);
  expect(written).toHaveLength(3);
  await voice.turn('microphone', false);
});

/** What the server says of who shows all that is around them. */
const shows = (participant: number | undefined): void => {
  const voices = [1, 2].map((one) => ({ participant: one, muted: true, speaking: false, camera: false, screen: false, around: one === participant }));
  last(sockets).voices(voices);
};
const asks = (): unknown[] => last(sockets).acts.flatMap(({ act }) => (act.act === 'show-around' ? [act.shows] : []));

/** Shows all that is around by a camera, and the room lets it through. */
async function begin(): Promise<FakeTrack> {
  void around.begin({ kind: 'camera', device: '' });
  await settle();
  const camera = new FakeTrack();
  last(asked).grant(camera);
  await settle();
  last(sockets).tick({ acks: [{ seq: last(last(sockets).acts).seq, event: null }] });
  await settle();
  return camera;
}

test('a picture of all around is asked for before it is sent, and ending it frees the place', async () => {
  const peer = await join();
  const camera = await begin();
  expect(asks()).toEqual([true]);
  expect(last(last(sockets).sendings)).toMatchObject({ around: true, camera: false });
  expect(peer.made[3]?.sender.track).toBe(camera);
  expect(shown).toEqual([]);
  shows(1);
  expect(around.by()?.participant).toBe(1);
  expect(around.isOwn()).toBe(true);
  expect(around.track()).toBe(camera);
  around.end();
  await settle();
  expect(camera.stopped).toBe(true);
  expect(asks()).toEqual([true, false]);
  expect(last(last(sockets).sendings).around).toBe(false);
});

test('where another shows one already the camera is given back, and nothing is sent', async () => {
  await join();
  void around.begin({ kind: 'camera', device: '' });
  await settle();
  const camera = new FakeTrack();
  last(asked).grant(camera);
  await settle();
  last(sockets).refuse(last(last(sockets).acts).seq, 'around-by-another');
  await settle();
  expect(camera.stopped).toBe(true);
  expect(around.isOwn()).toBe(false);
  expect(last(sockets).sendings.every((sending) => !sending.around)).toBe(true);
  expect(voice.trouble()).toBeUndefined();
});

test('what the host has ended is ended here too, once', async () => {
  await join();
  const camera = await begin();
  shows(1);
  shows(2);
  await settle();
  expect(camera.stopped).toBe(true);
  expect(asks()).toEqual([true]);
  expect(announced).toContain('around.said.taken');
});

test('whoever looks round sees what comes by the place for it, until it goes', async () => {
  const peer = await join();
  last(sockets).slots([{ mid: '13', participant: 2, source: 'around' }]);
  shows(2);
  expect(announced).toContain('around.said.begun');
  expect(around.track()).toBe(peer.made[13]?.receiver.track);
  expect(shown).toEqual([]);
  expect(around.looks()).toBe(false);
  around.look(true);
  expect(around.looks()).toBe(true);
  last(sockets).slots([]);
  shows(undefined);
  expect(around.looks()).toBe(false);
  expect(announced).toContain('around.said.ended');
});

test('by a line that came back it is asked for again, and stops where it is refused', async () => {
  await join();
  const camera = await begin();
  shows(1);
  await blip();
  last(peers).become('connected');
  await settle();
  expect(asks()).toEqual([true]);
  expect(camera.stopped).toBe(false);
  last(sockets).refuse(last(last(sockets).acts).seq, 'around-by-another');
  await settle();
  expect(camera.stopped).toBe(true);
});

test('what was said last is shown on the stage for some seconds, without voice too, and stays in the list', async () => {
  for (const text of ['one', 'two', 'three']) last(sockets).said(2, text);
  expect(voice.lately().map(({ text }) => text)).toEqual(['two', 'three']);
  await wait(4);
  last(sockets).said(2, 'four');
  expect(voice.lately().map(({ text }) => text)).toEqual(['three', 'four']);
  await wait(3);
  expect(voice.lately().map(({ text }) => text)).toEqual(['four']);
  await wait(4);
  expect(voice.lately()).toEqual([]);
  expect(voice.captions()).toHaveLength(4);
});
