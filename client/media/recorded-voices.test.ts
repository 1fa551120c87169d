import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RecordedVoices } from './recorded-voices';

const RATE = 48_000;

interface Param {
  value: number;
}
const axes = (kind: string): Record<string, Param> => Object.fromEntries(['X', 'Y', 'Z'].map((axis) => [`${kind}${axis}`, { value: 0 }]));

class FakeBuffer {
  constructor(
    readonly samples: Float32Array,
    readonly sampleRate = RATE,
  ) {}
  get duration(): number {
    return this.samples.length / this.sampleRate;
  }
  getChannelData = (): Float32Array => this.samples;
  copyToChannel = (from: Float32Array): void => this.samples.set(from);
}

class FakeSource {
  buffer: FakeBuffer | undefined;
  started: readonly [when_s: number, offset_s: number] | undefined;
  stopped = false;
  connect = (): void => undefined;
  start = (when: number, offset: number): void => void (this.started = [when, offset]);
  stop = (): void => void (this.stopped = true);
}

class FakeContext {
  currentTime = 100;
  readonly destination = {};
  readonly listener = { ...axes('position'), ...axes('forward'), ...axes('up') };
  readonly sources: FakeSource[] = [];
  resume = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;
  createBuffer = (_: number, length: number): FakeBuffer => new FakeBuffer(new Float32Array(length));
  createBufferSource(): FakeSource {
    const source = new FakeSource();
    this.sources.push(source);
    return source;
  }
  createAnalyser = () => ({ fftSize: 0, connect: (next: unknown) => next });
  createPanner = () => ({ ...axes('position'), connect: (next: unknown) => next });
  /** A part sounds for as many seconds as its first byte says. */
  decodeAudioData = async (bytes: ArrayBuffer): Promise<FakeBuffer> => new FakeBuffer(new Float32Array((new Uint8Array(bytes)[0] ?? 0) * RATE).fill(0.1));
}

const PARTS = [
  { number: 0, from_ms: 0, to_ms: 10_000, speakers: [1] },
  { number: 1, from_ms: 10_000, to_ms: 20_000, speakers: [1] },
];
let context: FakeContext;
let voices: RecordedVoices;

beforeEach(() => {
  context = new FakeContext();
  vi.stubGlobal('AudioContext', function () {
    return context;
  });
  voices = new RecordedVoices(PARTS, async () => new Uint8Array([10]).buffer);
});
afterEach(() => vi.unstubAllGlobals());

/** What is laid so far: when it begins, from where on, and how long it is. */
async function laid(): Promise<readonly (readonly number[])[]> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
  return context.sources.map(({ started, buffer }) => [...(started ?? []), buffer?.duration ?? 0]);
}

test.each([
  // From 8 s on: what is left of the first part, and the second after it.
  [1, [[100, 8, 10], [102, 0, 10]]],
  [2, [[100, 4, 5], [101, 0, 5]]],
  [0.5, [[100, 16, 20], [104, 0, 20]]],
])('at %d times the speed each part begins and ends at its time', async (speed, expected) => {
  voices.begin(8_000, speed);
  voices.follow(8_000);
  expect(await laid()).toEqual(expected);
});

test('a part is laid some seconds before it is heard, sooner in the recording where that is faster', async () => {
  for (const [speed, count] of [[1, 1], [2, 2]] as const) {
    context.sources.length = 0;
    voices.begin(3_000, speed);
    voices.follow(3_000);
    expect(await laid()).toHaveLength(count);
  }
});

test('a page that stood still begins anew where it is, at the speed that it had', async () => {
  voices.begin(0, 2);
  voices.follow(0);
  await laid();
  context.currentTime = 103;
  voices.follow(2_000);
  expect((await laid()).slice(1)).toEqual([[103, 1, 5], [107, 0, 5]]);
  expect(context.sources[0]?.stopped).toBe(true);
});

test('one hears from where one looks, and as one turns', () => {
  voices.listenFrom({ position_m: [1, 1.5, 2], rotation: [0, Math.SQRT1_2, 0, Math.SQRT1_2] });
  const heard = (kind: string): number[] => ['X', 'Y', 'Z'].map((axis) => Math.round((context.listener[`${kind}${axis}`]?.value ?? NaN) * 1000) / 1000 + 0);
  expect([heard('position'), heard('forward'), heard('up')]).toEqual([[1, 1.5, 2], [-1, 0, 0], [0, 1, 0]]);
});
