/** One's own head and hands by a webcam: off until asked for, and what it does. */
import { createSignal, onCleanup } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { HandsState, Webcam, WebcamState } from '../face/webcam';
import type { Lean } from '../stage/seats';

export interface RoomWebcam {
  readonly state: Accessor<WebcamState>;
  /** Whether the camera is on, or about to be. */
  readonly on: Accessor<boolean>;
  /** Must be called from a click: the browser may ask. */
  turn(on: boolean): Promise<void>;
  /** Whether hands are to be followed too. */
  readonly followsHands: Accessor<boolean>;
  followHands(on: boolean): void;
  readonly hands: Accessor<HandsState>;
  /** How head and hands are now. */
  leans(): Lean | undefined;
}

const ON: ReadonlySet<WebcamState> = new Set(['asking', 'starting', 'seen', 'no-face', 'dark']);

export function createRoomWebcam(): RoomWebcam {
  const [state, setState] = createSignal<WebcamState>('off');
  const [followsHands, setFollowsHands] = createSignal(false);
  const [hands, setHands] = createSignal<HandsState>('off');
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
        webcam.onHands = (now) => setHands(now);
      }
      void webcam.followHands(followsHands());
      return webcam.start();
    },
    followsHands,
    followHands(on) {
      setFollowsHands(on);
      void webcam?.followHands(on);
    },
    hands,
    leans: () => webcam?.lean(performance.now()),
  };
}
