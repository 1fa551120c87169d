/** Plays the pictures of the pane that is worked in, one after the other and over again. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { ViewerControl } from '../../core/viewer-control';

export interface Cine {
  readonly playing: Accessor<boolean>;
  readonly fps: Accessor<number>;
  setFps(fps: number): void;
  toggle(): void;
  /** Ends where there is nothing to play, and takes over the speed of a film that was just opened. */
  check(): void;
  stop(): void;
}

const USUAL_FPS = 10;

export function createCine(control: ViewerControl): Cine {
  const [playing, setPlaying] = createSignal(false);
  const [chosen, setChosen] = createSignal<number>();
  let frame = 0;
  let last_ms = 0;

  const own = (): number | undefined => {
    const time = control.activePane().stack?.frameTime_ms;
    return time === undefined ? undefined : Math.min(60, Math.max(1, Math.round(1000 / time)));
  };
  const fps = (): number => chosen() ?? own() ?? USUAL_FPS;
  const stop = (): void => {
    cancelAnimationFrame(frame);
    setPlaying(false);
  };
  const tick = (now_ms: number): void => {
    frame = requestAnimationFrame(tick);
    if (now_ms - last_ms < 1000 / fps()) return;
    const { stack, index } = control.activePane();
    if (!stack) return;
    const next = (index + 1) % stack.planes.length;
    // A picture that has not come yet is waited for: a film with holes shows what was not there.
    if (!stack.pixels(index) && stack.failureOf(index) === undefined) return;
    last_ms = now_ms;
    control.scroll(control.active(), next - index);
  };
  return {
    playing,
    fps,
    setFps: (next) => setChosen(next),
    toggle() {
      if (playing()) return stop();
      if ((control.activePane().stack?.planes.length ?? 0) < 2) return;
      setPlaying(true);
      last_ms = 0;
      frame = requestAnimationFrame(tick);
    },
    check() {
      if (playing() && (control.activePane().stack?.planes.length ?? 0) < 2) stop();
    },
    stop,
  };
}
