/** Bursts of pulses for the alarms that call. A browser lets no page sound before somebody touched it. */
import { createSignal } from 'solid-js';
import type { Signalling } from '../../contract/alarms';

// A pulse of a low fundamental with overtones carries through a room and is told from speech.
const FUNDAMENTAL_hz = 440;
const OVERTONES = [1, 0.9, 0.8, 0.7, 0.6];
const PULSE_s = 0.15;
const GAP_s = 0.1;
const GROUP_GAP_s = 0.35;
const LOUD = 0.06;

export interface Sounder {
  /** Sounds one burst. */
  burst(signalling: Pick<Signalling, 'pulses'>): void;
  /** Whether the browser waits for a touch or a key before anything sounds. */
  waits(): boolean;
  close(): void;
}

const TOUCHES = ['pointerdown', 'keydown'] as const;

export function createSounder(): Sounder {
  const context = new AudioContext();
  const isStill = (): boolean => context.state !== 'running';
  const [waits, setWaits] = createSignal(isStill());
  context.addEventListener('statechange', () => setWaits(isStill()));
  // What is closed does not go on.
  const wake = (): void => void context.resume().catch(() => undefined);
  for (const touch of TOUCHES) document.addEventListener(touch, wake);
  const wave = context.createPeriodicWave(
    new Float32Array([0, ...OVERTONES]),
    new Float32Array(OVERTONES.length + 1),
  );
  function pulse(at_s: number): void {
    const source = context.createOscillator();
    const gain = context.createGain();
    source.setPeriodicWave(wave);
    source.frequency.value = FUNDAMENTAL_hz;
    gain.gain.setValueAtTime(0, at_s);
    gain.gain.linearRampToValueAtTime(LOUD, at_s + 0.02);
    gain.gain.setValueAtTime(LOUD, at_s + PULSE_s - 0.02);
    gain.gain.linearRampToValueAtTime(0, at_s + PULSE_s);
    source.connect(gain).connect(context.destination);
    source.start(at_s);
    source.stop(at_s + PULSE_s);
  }
  return {
    burst({ pulses }) {
      let at_s = context.currentTime;
      for (const group of pulses) {
        for (let n = 0; n < group; n += 1) {
          pulse(at_s);
          at_s += PULSE_s + GAP_s;
        }
        at_s += GROUP_GAP_s;
      }
    },
    waits,
    close() {
      for (const touch of TOUCHES) document.removeEventListener(touch, wake);
      void context.close();
    },
  };
}
