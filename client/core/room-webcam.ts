/** One's own head by a webcam: off until asked for, and what it does. */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Webcam, WebcamState } from '../face/webcam';
import type { Lean } from '../stage/seats';

export interface RoomWebcam {
  readonly state: Accessor<WebcamState>;
  /** Whether the camera is on, or about to be. */
  readonly on: Accessor<boolean>;
  /** Must be called from a click: the browser may ask. */
  turn(on: boolean): Promise<void>;
  /** How the head leans now. */
  leans(): Lean | undefined;
}

const ON: ReadonlySet<WebcamState> = new Set(['asking', 'starting', 'seen', 'no-face', 'dark']);

export function createRoomWebcam(): RoomWebcam {
  const [state, setState] = createSignal<WebcamState>('off');
  let webcam: Webcam | undefined;
  let gone = false;
  onCleanup(() => {
    gone = true;
    webcam?.stop();
  });
  return {
    state,
    on: () => ON.has(state()),
    async turn(on) {
      if (!on) return webcam?.stop();
      // Whoever never asks for it never loads it.
      const { Webcam } = await import('../face/webcam');
      if (gone) return undefined;
      if (!webcam) {
        webcam = new Webcam();
        webcam.onState = setState;
      }
      return webcam.start();
    },
    leans: () => webcam?.follower.lean(performance.now()),
  };
}
