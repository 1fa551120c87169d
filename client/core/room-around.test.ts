import { expect, test } from 'vitest';
import { FakeTrack } from '../media/fake-peer';
import { announced, around, asked, blip, join, last, peers, settle, shown, sockets, voice } from './fake-voice-room';

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
  // A narrow line leaves it out for a moment.
  last(sockets).slots([]);
  expect(around.looks()).toBe(false);
  last(sockets).slots([{ mid: '13', participant: 2, source: 'around' }]);
  expect(around.looks()).toBe(true);
  last(sockets).slots([]);
  shows(undefined);
  expect(around.looks()).toBe(false);
  expect(announced).toContain('around.said.ended');
});

test('where it is not seen it is said what for: the voice, or a line that is too narrow now', async () => {
  const peer = await join();
  expect(around.missing()).toBeUndefined();
  shows(2);
  expect(around.missing()).toBe('line');
  last(sockets).slots([{ mid: '13', participant: 2, source: 'around' }]);
  expect([around.track(), around.missing()]).toEqual([peer.made[13]?.receiver.track, undefined]);
  voice.leave();
  expect([around.track(), around.missing()]).toEqual([undefined, 'voice']);
  shows(undefined);
  expect(around.missing()).toBeUndefined();
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
