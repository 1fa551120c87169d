import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Answer } from './detector.worker';
import { Webcam, type WebcamState, type WorkerLike } from './webcam';

const FACE = { turn_rad: 0, nod_rad: 0, tilt_rad: 0, aside: 0, up: 0, width: 0.25, mouth: 0 };

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
  say(data: Answer): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

let tracks: FakeTrack[];
let workers: FakeWorker[];
let states: WebcamState[];
let webcam: Webcam;
let give: () => Promise<unknown>;

beforeEach(() => {
  vi.useFakeTimers();
  [tracks, workers, states] = [[], [], []];
  give = () => {
    const track = new FakeTrack();
    tracks.push(track);
    return Promise.resolve({ getTracks: () => [track] });
  };
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => give() } });
  vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 });
  vi.stubGlobal('document', { createElement: () => ({ play: () => Promise.resolve(), readyState: 4, videoWidth: 640, videoHeight: 480 }) });
  vi.stubGlobal('createImageBitmap', () => Promise.resolve({ close: () => undefined }));
  webcam = new Webcam(() => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker;
  });
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
