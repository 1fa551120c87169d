import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Placement } from '../../contract/room';
import { Sound } from './sound';

interface Param {
  value: number;
}

/** A part of the way of sound, with what it is connected to. */
class FakeNode {
  readonly to: FakeNode[] = [];
  constructor(readonly kind: string) {}
  connect(next: FakeNode): FakeNode {
    this.to.push(next);
    return next;
  }
  disconnect(): void {
    this.to.length = 0;
  }
}

class FakePanner extends FakeNode {
  readonly positionX: Param = { value: 0 };
  readonly positionY: Param = { value: 0 };
  readonly positionZ: Param = { value: 0 };
}

const axes = (kind: string): Record<string, Param> => Object.fromEntries(['X', 'Y', 'Z'].map((axis) => [`${kind}${axis}`, { value: 0 }]));

class FakeContext {
  readonly destination = new FakeNode('ear');
  readonly listener: Record<string, Param> = { ...axes('position'), ...axes('forward'), ...axes('up') };
  readonly sources: FakeNode[] = [];
  readonly panners: FakePanner[] = [];
  readonly delays: (FakeNode & { delayTime: Param })[] = [];
  readonly gains: (FakeNode & { gain: Param })[] = [];
  #keep<T extends FakeNode>(list: T[], one: T): T {
    list.push(one);
    return one;
  }
  createMediaStreamSource = (): FakeNode => this.#keep(this.sources, new FakeNode('source'));
  createAnalyser = (): FakeNode => new FakeNode('analyser');
  createPanner = (): FakeNode => this.#keep(this.panners, new FakePanner('panner'));
  createDelay = (): FakeNode => this.#keep(this.delays, Object.assign(new FakeNode('delay'), { delayTime: { value: 0 } }));
  createGain = (): FakeNode => this.#keep(this.gains, Object.assign(new FakeNode('gain'), { gain: { value: 1 } }));
  state = 'suspended';
  onstatechange: () => void = () => undefined;
  become(state: string): void {
    this.state = state;
    this.onstatechange();
  }
  async resume(): Promise<void> {
    this.become('running');
  }
  async close(): Promise<void> {}
}

let context: FakeContext;
let sound: Sound;
const track = {} as MediaStreamTrack;
const place = (position_m: [number, number, number], rotation: Placement['rotation'] = [0, 0, 0, 1]): Placement => ({ position_m, rotation });
const panned = (): number[] => ['X', 'Y', 'Z'].map((axis) => context.panners[0]?.[`position${axis as 'X'}`].value ?? NaN);
const listener = (kind: string): number[] => ['X', 'Y', 'Z'].map((axis) => context.listener[`${kind}${axis}`]?.value ?? NaN);

/** The parts by which a source comes to the ear. */
function way(from: FakeNode | undefined): string[] {
  const next = from?.to.find(({ kind }) => kind !== 'analyser');
  return next ? [next.kind, ...way(next)] : [];
}

beforeEach(() => {
  context = new FakeContext();
  vi.stubGlobal('AudioContext', function () {
    return context;
  });
  vi.stubGlobal('Audio', class {
    play = async (): Promise<void> => undefined;
  });
  vi.stubGlobal('MediaStream', function () {});
  sound = new Sound();
  sound.attach('3', track);
});
afterEach(() => vi.unstubAllGlobals());

test('a voice comes to the ear by its delay, its loudness and its place', () => {
  expect(way(context.sources[0])).toEqual(['delay', 'gain', 'panner', 'ear']);
  sound.place('3', place([1, 1.6, -2]), place([0, 1.6, 1]), false);
  expect(panned()).toEqual([1, 1.6, -2]);
  expect(context.delays[0]?.delayTime.value).toBe(0);
});

test('who has no place is heard from where one is oneself, and the echo comes two seconds later', () => {
  sound.place('3', undefined, place([0.5, 1.5, 1]), true);
  expect(panned()).toEqual([0.5, 1.5, 1]);
  expect(context.delays[0]?.delayTime.value).toBe(2);
});

test('the ear turns with the head', () => {
  // A quarter turn to the left: ahead was −Z and is −X.
  sound.listenFrom(place([0, 1.6, 1], [0, Math.SQRT1_2, 0, Math.SQRT1_2]));
  expect(listener('position')).toEqual([0, 1.6, 1]);
  for (const [i, wanted] of [-1, 0, 0].entries()) expect(listener('forward')[i]).toBeCloseTo(wanted);
  for (const [i, wanted] of [0, 1, 0].entries()) expect(listener('up')[i]).toBeCloseTo(wanted);
});

test('an older browser hears from the same place by its older way', () => {
  const said: Record<string, number[]> = {};
  Reflect.set(context, 'listener', { setPosition: (...at: number[]) => (said['position'] = at), setOrientation: (...to: number[]) => (said['orientation'] = to) });
  sound.listenFrom(place([1, 2, 3]));
  expect(said['position']).toEqual([1, 2, 3]);
  expect(said['orientation']?.map((n) => n + 0)).toEqual([0, 0, -1, 0, 1, 0]);
});

test('each voice is as loud as whoever listens wants it, and a new track by the same place ends the old one', () => {
  sound.attach('4', {} as MediaStreamTrack);
  sound.volume('3', 0);
  expect(context.gains.map(({ gain }) => gain.value)).toEqual([0, 1]);
  const [before] = context.sources;
  sound.attach('3', {} as MediaStreamTrack);
  expect(way(before)).toEqual([]);
  expect(way(context.sources[2])).toEqual(['delay', 'gain', 'panner', 'ear']);
  sound.detachAll();
  expect(context.sources.flatMap(way)).toEqual([]);
});

test('sound that a call has interrupted goes on after it', async () => {
  await sound.begin();
  expect(context.state).toBe('running');
  context.become('interrupted');
  expect(context.state).toBe('interrupted');
  context.become('suspended');
  expect(context.state).toBe('running');
  context.become('closed');
  expect(context.state).toBe('closed');
});
