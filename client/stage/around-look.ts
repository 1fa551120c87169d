/** Where somebody looks within a picture of all around, from its middle. */
export interface Look {
  /** To the right of ahead, in radians. */
  readonly yaw: number;
  /** Above the horizon, in radians. */
  readonly pitch: number;
  /** How much is seen from top to bottom, in degrees. */
  readonly fov_deg: number;
}

export const AHEAD: Look = { yaw: 0, pitch: 0, fov_deg: 75 };
/** Straight up and down are seen, and nobody goes over backwards. */
const STEEPEST = Math.PI / 2 - 0.01;
const FOV_deg = [35, 100] as const;
const STEP = Math.PI / 24;
const ZOOM = 1.15;

export function looked(look: Look, by: { readonly yaw?: number; readonly pitch?: number; readonly zoom?: number }): Look {
  const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
  const turned = look.yaw + (by.yaw ?? 0);
  return {
    yaw: turned - 2 * Math.PI * Math.round(turned / (2 * Math.PI)),
    pitch: clamp(look.pitch + (by.pitch ?? 0), -STEEPEST, STEEPEST),
    fov_deg: clamp(look.fov_deg / (by.zoom ?? 1), ...FOV_deg),
  };
}

/** What is under the finger stays under it, near the middle: so many pixels of a view so high. */
export function dragged(look: Look, dx_px: number, dy_px: number, height_px: number): Look {
  const perPixel = ((look.fov_deg / 180) * Math.PI) / Math.max(1, height_px);
  return looked(look, { yaw: -dx_px * perPixel, pitch: dy_px * perPixel });
}

/** What a key does; undefined for one that means nothing here. */
export function keyed(look: Look, key: string): Look | undefined {
  const done: Readonly<Record<string, () => Look>> = {
    ArrowLeft: () => looked(look, { yaw: -STEP }),
    ArrowRight: () => looked(look, { yaw: STEP }),
    ArrowUp: () => looked(look, { pitch: STEP }),
    ArrowDown: () => looked(look, { pitch: -STEP }),
    '+': () => looked(look, { zoom: ZOOM }),
    '=': () => looked(look, { zoom: ZOOM }),
    '-': () => looked(look, { zoom: 1 / ZOOM }),
    Home: () => AHEAD,
  };
  return done[key]?.();
}

/** Degrees to the right of ahead, from 0 to 359, as words say it. */
export function headingOf(look: Look): number {
  return (Math.round((look.yaw / Math.PI) * 180) + 360) % 360;
}
