import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Answer } from './detector.worker';
import type { HandsAnswer } from './hands.worker';
import { type HandSeen, JOINTS, type Point } from './seen';
import { type HandsState, Webcam, type WebcamState, type WorkerLike } from './webcam';

const FACE = { turn_rad: 0, nod_rad: 0, tilt_rad: 0, aside: 0, up: 0, width: 0.25, mouth: 0 };

/** A left hand with its fingers up, its joints on straight lines. */
const HAND: HandSeen = (() => {
  const joints_m = Array.from({ length: JOINTS }, (_, i): Point => [i === 0 ? 0 : (Math.ceil(i / 4) - 3) * -0.02, i === 0 ? -0.09 : ((i - 1) % 4) * 0.025, 0]);
  return { score: 1, right: 0, picture: joints_m.map(([x, y]) => [x / 0.5 - 0.2, y / 0.5]), joints_m };
})();

class FakeTrack extends EventTarget {
  stopped = false;
  stop(): void {
    this.stopped = true;
  }
}

class FakeWorker extends EventTarget implements WorkerLike {
  pictures = 0;
  ended = false;
  postMessage(): void {
    this.pictures++;
  }
  terminate(): void {
    this.ended = true;
  }
  say(data: Answer | HandsAnswer): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

let tracks: FakeTrack[];
let workers: FakeWorker[];
let handsWorkers: FakeWorker[];
let handsStates: HandsState[];
let states: WebcamState[];
let webcam: Webcam;
let give: () => Promise<unknown>;

beforeEach(() => {
  vi.useFakeTimers();
  [tracks, workers, states, handsWorkers, handsStates] = [[], [], [], [], []];
  give = () => {
    const track = new FakeTrack();
    tracks.push(track);
    return Promise.resolve({ getTracks: () => [track], getVideoTracks: () => [] });
  };
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => give() } });
  vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 });
  vi.stubGlobal('document', { createElement: () => ({ play: () => Promise.resolve(), readyState: 4, videoWidth: 640, videoHeight: 480 }) });
  vi.stubGlobal('createImageBitmap', () => Promise.resolve({ close: () => undefined }));
  const made = (all: FakeWorker[]): FakeWorker => {
    const worker = new FakeWorker();
    all.push(worker);
    return worker;
  };
  webcam = new Webcam(() => made(workers), () => made(handsWorkers));
  webcam.onHands = (state) => handsStates.push(state);
  webcam.onState = (state) => states.push(state);
});
afterEach(() => {
  webcam.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const refused = (name: string): Promise<never> => Promise.reject(Object.assign(new Error(name), { name }));

test('is off until asked, says what it does, and lets the camera go at once', async () => {
  expect(webcam.state).toBe('off');
  expect(tracks).toHaveLength(0);
  await webcam.start();
  expect(states).toEqual(['asking', 'starting']);
  workers[0]?.say({ says: 'ready' });
  await vi.advanceTimersByTimeAsync(70);
  workers[0]?.say({ says: 'looked', face: FACE, light: 0.5 });
  expect(webcam.state).toBe('seen');
  webcam.stop();
  expect(webcam.state).toBe('off');
  expect(tracks.every(({ stopped }) => stopped)).toBe(true);
  expect(workers.every(({ ended }) => ended)).toBe(true);
  const { pictures } = workers[0] ?? { pictures: NaN };
  await vi.advanceTimersByTimeAsync(1_000);
  expect(workers[0]?.pictures).toBe(pictures);
});

test('looks at fifteen pictures a second at most, and at none while the last is still looked at', async () => {
  await webcam.start();
  workers[0]?.say({ says: 'ready' });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(workers[0]?.pictures).toBe(1);
  for (let i = 0; i < 100; i++) {
    workers[0]?.say({ says: 'looked', face: FACE, light: 0.5 });
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(workers[0]?.pictures).toBeGreaterThan(20);
  expect(workers[0]?.pictures).toBeLessThan(33);
});

test('says where it is too dark, or nobody is there, and again when somebody is', async () => {
  await webcam.start();
  workers[0]?.say({ says: 'ready' });
  const look = async (answer: Answer): Promise<WebcamState> => {
    for (let i = 0; i < 30; i++) {
      await vi.advanceTimersByTimeAsync(70);
      workers[0]?.say(answer);
    }
    return webcam.state;
  };
  expect(await look({ says: 'looked', face: undefined, light: 0.5 })).toBe('no-face');
  expect(await look({ says: 'looked', face: FACE, light: 0.5 })).toBe('seen');
  expect(await look({ says: 'looked', face: undefined, light: 0.01 })).toBe('dark');
  expect(webcam.follower.lean(performance.now() + 5_000)).toBeUndefined();
});

test.each([
  ['NotAllowedError', 'refused'],
  ['NotFoundError', 'no-device'],
  ['NotReadableError', 'busy'],
  ['TypeError', 'failed'],
] as const)('says why the browser gives no camera: %s', async (name, state) => {
  give = () => refused(name);
  await webcam.start();
  expect(states).toEqual(['asking', state]);
  expect(workers).toHaveLength(0);
});

test('a detector that cannot work, and a camera that is pulled out, end it', async () => {
  await webcam.start();
  workers[0]?.say({ says: 'failed' });
  expect(webcam.state).toBe('failed');
  expect(tracks[0]?.stopped).toBe(true);
  await webcam.start();
  tracks[1]?.dispatchEvent(new Event('ended'));
  expect(webcam.state).toBe('no-device');
  expect(workers[1]?.ended).toBe(true);
});

test('a camera that comes after one has changed one\'s mind is let go', async () => {
  let allow: (() => void) | undefined;
  const asked = give;
  give = async () => {
    await new Promise<void>((resolve) => (allow = resolve));
    return asked();
  };
  const starting = webcam.start();
  webcam.stop();
  allow?.();
  await starting;
  expect(webcam.state).toBe('off');
  expect(tracks[0]?.stopped).toBe(true);
  expect(workers).toHaveLength(0);
});

test('hands are looked for by a worker of their own, only where they are asked for, and never for more than half of the time', async () => {
  await webcam.start();
  workers[0]?.say({ says: 'ready' });
  for (let i = 0; i < 10; i++) {
    workers[0]?.say({ says: 'looked', face: FACE, light: 0.5 });
    await vi.advanceTimersByTimeAsync(70);
  }
  expect(handsWorkers).toHaveLength(0);
  await webcam.followHands(true);
  expect(handsStates).toEqual(['loading']);
  handsWorkers[0]?.say({ says: 'ready' });
  expect(handsStates.at(-1)).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(handsWorkers[0]?.pictures).toBe(1);
  // A picture takes as long as on a device without a graphics card; the next one waits as long again.
  await vi.advanceTimersByTimeAsync(1_000);
  expect(handsWorkers[0]?.pictures).toBe(1);
  handsWorkers[0]?.say({ says: 'looked', hands: [HAND] });
  expect(handsStates.at(-1)).toEqual(['left']);
  await vi.advanceTimersByTimeAsync(800);
  expect(handsWorkers[0]?.pictures).toBe(1);
  await vi.advanceTimersByTimeAsync(400);
  expect(handsWorkers[0]?.pictures).toBe(2);
  // No face, no hands: they are reckoned from it, and go with it.
  workers[0]?.say({ says: 'looked', face: FACE, light: 0.5 });
  handsWorkers[0]?.say({ says: 'looked', hands: [HAND] });
  webcam.lean(performance.now());
  expect(webcam.lean(performance.now() + 400)?.left?.fingers).toBeDefined();
  expect(webcam.lean(performance.now() + 5_000)).toBeUndefined();
  await webcam.followHands(false);
  expect(handsStates.at(-1)).toBe('off');
  expect(handsWorkers[0]?.ended).toBe(true);
  expect(webcam.state).toBe('seen');
  webcam.stop();
});

test('where hands cannot be found the head is followed all the same', async () => {
  await webcam.followHands(true);
  expect(handsWorkers).toHaveLength(0);
  await webcam.start();
  workers[0]?.say({ says: 'ready' });
  handsWorkers[0]?.say({ says: 'failed' });
  expect(handsStates.at(-1)).toBe('failed');
  expect(handsWorkers[0]?.ended).toBe(true);
  await vi.advanceTimersByTimeAsync(70);
  workers[0]?.say({ says: 'looked', face: FACE, light: 0.5 });
  expect(webcam.state).toBe('seen');
  webcam.stop();
  expect(handsStates.at(-1)).toBe('off');
});
