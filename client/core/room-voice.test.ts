import { expect, test, vi } from 'vitest';
import { FakeTrack } from '../media/fake-peer';
import { FakeRecorder } from '../media/fake-recorder';
import { ApiError } from './api';
import { PLACED, announced, asked, blip, client, ear, enterAgain, gains, given, heard, join, last, offers, outputs, panners, peers, plugged, refusals, settle, shown, sockets, voice, wait, written } from './fake-voice-room';

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

test('a device that is plugged in while one is among the voices can be chosen', async () => {
  const headset = { kind: 'audioinput', deviceId: 'headset', label: 'Headset' };
  const unnamed = { kind: 'audioinput', deviceId: '', label: '' };
  const plugIn = async (one = headset): Promise<void> => {
    plugged.push(one);
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    await settle();
  };
  await plugIn(unnamed);
  expect(voice.devices(), 'the browser names nothing before it was asked').toEqual([]);
  await plugIn();
  expect(voice.devices(), 'what it names can be chosen before one joins').toEqual([unnamed, headset]);
  plugged.length = 0;
  await join();
  expect(voice.devices()).toEqual([]);
  await plugIn();
  expect(voice.devices()).toEqual([headset]);
  // What is chosen of them on the page stays so when they are looked at again.
  const [before] = voice.devices();
  await plugIn();
  expect(voice.devices()[0]).toBe(before);
});

test('the loudspeaker that was chosen is used at the next stay too, and one that is gone is said to be', async () => {
  await join();
  await voice.choose('audiooutput', 'desk');
  voice.leave();
  await join();
  expect(outputs).toEqual(['desk', 'desk']);
  await voice.choose('audiooutput', 'gone');
  expect(last(announced)).toBe('voice.trouble.no-device');
  expect(voice.state()).toBe('in');
  voice.leave();
  announced.length = 0;
  await join();
  expect(announced).toContain('voice.trouble.no-device');
});

test('what was chosen at an earlier visit is chosen still, and where it is gone the usual one serves without a word', async () => {
  await join();
  await voice.choose('audiooutput', 'desk');
  await voice.choose('audioinput', 'headset');
  void voice.turn('microphone', true);
  await settle();
  expect(last(asked).wanted, 'what one has just chosen is that or nothing').toMatchObject({ audio: { deviceId: { exact: 'headset' } } });
  enterAgain();
  await join();
  expect(outputs).toEqual(['desk', 'desk']);
  void voice.turn('microphone', true);
  await settle();
  expect(last(asked).wanted).toMatchObject({ audio: { deviceId: { ideal: 'headset' } } });
  await voice.choose('audiooutput', 'gone');
  enterAgain();
  announced.length = 0;
  await join();
  expect(voice.chosen()).toMatchObject({ audiooutput: { id: 'gone' }, audioinput: { id: 'headset' } });
  expect(announced).not.toContain('voice.trouble.no-device');
  // The usual one is chosen by no name, and nothing of it is kept.
  await voice.choose('audioinput', '');
  enterAgain();
  expect(voice.chosen()).toEqual({ audiooutput: { id: 'gone', isOfBefore: true } });
});

test('a voice is heard from where its speaker is seen, as one walks round the table', async () => {
  const chen = { id: 2, actor: 'chen', name: 'Chen', role: 'expert', licence: 'valid' as const, colour: '#ffffff', place: 0, may_act: true, standing: 'speaker' as const, hand_since: null, muted: false, may_accompany: true, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };
  const placed = (x: number, z: number) => ({ position_m: [x, 1.5, z] as [number, number, number], rotation: [0, 0, 0, 1] as [number, number, number, number] });
  const pose = { head: placed(1, 0), left: null, right: null, pointer: null, held: null, mouth: null };
  const three = (of: typeof ear, name: string): number[] => ['X', 'Y', 'Z'].map((axis) => of[`${name}${axis}`]?.value ?? NaN);
  /** How far to the right of whoever listens Chen is heard. */
  const aside = async (): Promise<number> => {
    await vi.advanceTimersByTimeAsync(200);
    const [from = 0, , fromZ = 0] = three(ear, 'position');
    const [ahead = 0, , aheadZ = 0] = three(ear, 'forward');
    const [at = 0, , atZ = 0] = three(last(panners), 'position');
    return (at - from) * -aheadZ + (atZ - fromZ) * ahead;
  };
  await join();
  last(sockets).tick({ people: [chen], poses: [{ participant: 2, pose: { ...pose, at_ms: 0 } }] });
  last(sockets).slots(PLACED);
  // From the front, as a screen shows the table first, and from behind it.
  given.eye = placed(0, 1.75);
  expect(await aside()).toBeCloseTo(1);
  expect(three(ear, 'position')).toEqual([0, 1.5, 1.75]);
  given.eye = { ...placed(0, -1.75), rotation: [0, 1, 0, 0] };
  expect(await aside()).toBeCloseTo(-1);
  expect(three(last(panners), 'position')).toEqual([1, 1.5, 0]);
  // Without a stage one hears from one's seat, wherever the eye was before.
  given.eye = undefined;
  client.pose({ ...pose, head: placed(0, -1.32) });
  expect(await aside()).toBeCloseTo(1);
  expect(three(ear, 'position')).toEqual([0, 1.5, -1.32]);
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
  refusals.push(UNREACHABLE, UNREACHABLE, new ApiError('too-many', 429, '', undefined, 20));
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
  refusals.push(UNREACHABLE);
  await voice.join();
  expect([voice.state(), voice.trouble()]).toEqual(['out', 'not-taken']);
  await wait(60);
  expect(offers).toBe(1);
  (await join()).become('failed');
  refusals.push(UNREACHABLE);
  await wait(3);
  expect([voice.state(), offers]).toEqual(['joining', 3]);
  voice.leave();
  expect(last(announced)).toBe('voice.left');
  await wait(60);
  expect([voice.state(), offers]).toEqual(['out', 3]);
});

test('what a speech service heard is read out to who does not hear it aloud', async () => {
  const chen = { id: 2, actor: 'chen', name: 'Chen', role: 'expert', licence: 'valid' as const, colour: '#ffffff', place: 0, may_act: true, standing: 'speaker' as const, hand_since: null, muted: false, may_accompany: true, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };
  last(sockets).tick({ people: [chen] });
  const readOut = (heard: boolean, participant = 2): boolean => {
    announced.length = 0;
    last(sockets).said(participant, 'words', heard);
    return announced.includes('captions.said');
  };
  expect([readOut(true), readOut(true, 1)]).toEqual([true, false]);
  await join();
  expect(readOut(true), 'nobody is laid there').toBe(true);
  last(sockets).slots(PLACED);
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
  const person = { id: 1, actor: 'wang', name: 'Wang', role: 'nurse', licence: 'valid' as const, colour: '#ffffff', place: 0, may_act: true, standing: 'speaker' as const, hand_since: null, may_accompany: true, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };
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
  const person = { id: 1, actor: 'zhou', name: 'Zhou', role: 'trainee', licence: 'valid' as const, colour: '#ffffff', place: 0, may_act: false, standing: 'observer' as const, hand_since: null, muted: false, may_accompany: false, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };
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
  const chen = { id: 2, actor: 'chen', name: 'Chen', role: 'expert', licence: 'valid' as const, colour: '#ffffff', place: 0, may_act: true, standing: 'speaker' as const, hand_since: null, muted: false, may_accompany: true, stays_until: null, joined: '2026-01-01T00:00:00Z', away: false };
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
  given.isOpen = false;
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
  given.breaks = true;
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
