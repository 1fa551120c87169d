import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSounder } from './sound';

/** When each pulse began and ended, in the order in which they were asked for. */
let pulses: [number, number | undefined][] = [];
let contexts: FakeContext[] = [];

class FakeContext extends EventTarget {
  state: AudioContextState = 'suspended';
  readonly currentTime = 4;
  readonly destination = {};
  constructor() {
    super();
    contexts.push(this);
  }
  createPeriodicWave = (): object => ({});
  createGain = (): object => ({
    gain: { setValueAtTime: vi.fn(), linearRampToValueAtTime: vi.fn() },
    connect: (next: object) => next,
  });
  createOscillator(): object {
    const pulse: [number, number | undefined] = [Number.NaN, undefined];
    pulses.push(pulse);
    return {
      setPeriodicWave: vi.fn(),
      frequency: { value: 0 },
      connect: (next: object) => next,
      start: (at_s: number) => void (pulse[0] = at_s),
      stop: (at_s: number) => void (pulse[1] = at_s),
    };
  }
  #become(state: AudioContextState): Promise<void> {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
    return Promise.resolve();
  }
  resume = (): Promise<void> => this.#become('running');
  close = (): Promise<void> => this.#become('closed');
}

beforeEach(() => {
  [pulses, contexts] = [[], []];
  vi.stubGlobal('AudioContext', FakeContext);
  vi.stubGlobal('document', new EventTarget());
});
afterEach(() => void vi.unstubAllGlobals());

test('a burst is its groups of pulses, one after the other, with a longer pause between groups', () => {
  const sounder = createSounder();
  sounder.burst({ pulses: [3, 2] });
  expect(pulses).toHaveLength(5);
  expect(pulses[0]?.[0]).toBe(4);
  const pauses = pulses.slice(1).map(([begin], n) => begin - (pulses[n]?.[1] ?? Number.NaN));
  const [first = 0, second, between, last] = pauses;
  expect(first).toBeGreaterThan(0);
  for (const within of [second, last]) expect(within).toBeCloseTo(first);
  expect(between).toBeGreaterThan(2 * first);
  sounder.close();
});

test('it waits for a touch or a key, and is touched no more once it is closed', () => {
  const sounder = createSounder();
  expect(sounder.waits()).toBe(true);
  document.dispatchEvent(new Event('keydown'));
  expect(sounder.waits()).toBe(false);
  sounder.close();
  document.dispatchEvent(new Event('pointerdown'));
  expect(contexts[0]?.state).toBe('closed');
});
