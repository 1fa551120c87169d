/** Alarms that call whoever is signed in are heard on whatever page they are, once they turned sound on; that is kept
    while the tab is open. */
import { createContext, createEffect, createMemo, createSignal, onCleanup, useContext } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Signalling } from '../../contract/alarms';
import type { App } from './app';
import { createQuery } from './query';
import type { Sounder } from './sound';

const KEY = 'alarm-sound';
/** A pause ends, and the next duty is called, by the clock alone. */
export const AGAIN_ms = 5_000;

/** What `/api/alarms/sounding` answers. */
export interface Sounding {
  /** Of the most urgent alarm that calls the caller. */
  readonly signalling: Signalling | null;
}

export interface AlarmSound {
  readonly isOn: Accessor<boolean>;
  turn(): void;
}

export const AlarmSoundContext = createContext<AlarmSound>();

export function useAlarmSound(): AlarmSound {
  const sound = useContext(AlarmSoundContext);
  if (!sound) throw new Error('nobody is signed in here');
  return sound;
}

export function createAlarmSound(kept: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = sessionStorage): AlarmSound {
  const [isOn, setOn] = createSignal(kept.getItem(KEY) !== null);
  return {
    isOn,
    turn() {
      const on = setOn(!isOn());
      if (on) kept.setItem(KEY, 'on');
      else kept.removeItem(KEY);
    },
  };
}

/** While the caller lives, the most urgent alarm that calls is heard, burst by burst. Without a line the last one known
    goes on. */
export function hearAlarms(app: Pick<App, 'api' | 'onServerEvent'>, sounder: Pick<Sounder, 'burst' | 'waits'>): void {
  const answer = createQuery<Sounding>(() => (signal) => app.api.get('/api/alarms/sounding', { signal }));
  app.onServerEvent(({ kind }) => {
    if (kind === 'alarm' || kind === 'missed') answer.reload();
  });
  const timer = setInterval(() => answer.reload(), AGAIN_ms);
  onCleanup(() => clearInterval(timer));
  // The same signalling, read again, begins no burst of its own.
  const heard = createMemo(() => answer.data()?.signalling ?? undefined, undefined, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  createEffect(() => {
    const signalling = heard();
    if (!signalling || sounder.waits()) return;
    sounder.burst(signalling);
    const bursts = setInterval(() => sounder.burst(signalling), signalling.burst_every_s * 1000);
    onCleanup(() => clearInterval(bursts));
  });
}
