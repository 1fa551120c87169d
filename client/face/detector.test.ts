/** The detector as it is shipped, on a real picture, with the processor alone. */
import { gunzipSync } from 'fflate';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import portrait from './fixtures/astronaut-160x120.rgb.gz?url&inline';
import type { FaceDetector, Picture } from './detector';
import type { FaceSeen } from './seen';

const MODELS = import.meta.glob<string>('../public/face/*.{json,bin}', { query: '?url&inline', import: 'default', eager: true });
const [WIDTH, HEIGHT] = [160, 120];
const SLOW_MS = 120_000;

let detector: FaceDetector;
let colours: Uint8Array;
const asked: string[] = [];

beforeAll(async () => {
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', (what: string | URL | Request) => {
    const url = what instanceof Request ? what.url : String(what);
    asked.push(url);
    const model = Object.entries(MODELS).find(([name]) => url === `https://hospital.test/face/${name.split('/').at(-1)}`)?.[1];
    return model ? fetch(model) : Promise.resolve(new Response('', { status: 404 }));
  });
  // The program takes this for a worker of a browser, as it is there.
  vi.stubGlobal('WorkerGlobalScope', Object);
  colours = gunzipSync(new Uint8Array(await (await fetch(portrait)).arrayBuffer()));
  const { FaceDetector: Detector } = await import('./detector');
  detector = await Detector.load('cpu', 'https://hospital.test/face/');
}, SLOW_MS);
afterAll(() => vi.unstubAllGlobals());

/** The picture, where each of its points is taken from another place of the portrait; beyond its edge it is grey. */
function taken(from: (x: number, y: number) => readonly [number, number] = (x, y) => [x, y], brightness = 1): Picture {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [u, v] = from(x, y).map(Math.round);
      const inside = u !== undefined && v !== undefined && u >= 0 && u < WIDTH && v >= 0 && v < HEIGHT;
      for (let k = 0; k < 3; k++) data[(y * WIDTH + x) * 4 + k] = (inside ? (colours[(v * WIDTH + u) * 3 + k] ?? 0) : 90) * brightness;
    }
  }
  return { data, width: WIDTH, height: HEIGHT };
}

/** Turned in the picture by degrees, clockwise, about its middle. */
function turned(degrees: number): Picture {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return taken((x, y) => {
    const [dx, dy] = [x - WIDTH / 2, y - HEIGHT / 2];
    return [WIDTH / 2 + cos * dx + sin * dy, HEIGHT / 2 - sin * dx + cos * dy];
  });
}

async function face(picture: Picture): Promise<FaceSeen> {
  const { face: found } = await detector.look(picture);
  if (!found) throw new Error('no face');
  return found;
}

test('a face is found where it is, and moves as it is moved', async () => {
  const straight = await face(taken());
  expect(Math.abs(straight.turn_rad)).toBeLessThan(0.25);
  expect(straight.mouth).toBeLessThan(0.3);
  // The picture moved to the right shows somebody who moved to their own left.
  const left = await face(taken((x, y) => [x - 16, y]));
  expect(left.aside - straight.aside).toBeCloseTo(-0.1, 1);
  expect(Math.abs(left.aside - straight.aside + 0.1)).toBeLessThan(0.02);
  const lower = await face(taken((x, y) => [x, y - 16]));
  expect(Math.abs(lower.up - straight.up + 0.1)).toBeLessThan(0.02);
  const nearer = await face(taken((x, y) => [80 + (x - 80) / 1.25, 40 + (y - 40) / 1.25]));
  expect(nearer.width / straight.width).toBeGreaterThan(1.15);
  expect(nearer.width / straight.width).toBeLessThan(1.35);
}, SLOW_MS);

test('a head that tilts is seen to tilt, each way as far', async () => {
  const [straight, left, right] = [await face(taken()), await face(turned(15)), await face(turned(-15))];
  // Clockwise in the picture the own left ear comes down.
  expect(((left.tilt_rad - straight.tilt_rad) * 180) / Math.PI).toBeCloseTo(15, -1);
  expect(((right.tilt_rad - straight.tilt_rad) * 180) / Math.PI).toBeCloseTo(-15, -1);
}, SLOW_MS);

test('without a face or without light there is none, and the light is told', async () => {
  const empty = await detector.look(taken(() => [-1, -1]));
  expect(empty.face).toBeUndefined();
  expect(empty.light).toBeGreaterThan(0.3);
  const dark = await detector.look(taken(undefined, 0));
  expect(dark).toEqual({ face: undefined, light: 0 });
}, SLOW_MS);

test('nothing is asked for but the models that come with the client', () => {
  expect(asked.length).toBeGreaterThan(0);
  for (const url of asked) expect(url).toMatch(/^https:\/\/hospital\.test\/face\/(blazeface|facemesh)\.(json|bin)$/);
});
