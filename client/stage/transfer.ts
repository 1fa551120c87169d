import type { Window } from './room-view';

/** One point of a transfer curve; `u` is the place in the window, 0 black to 1 white. */
interface Stop {
  readonly u: number;
  readonly rgb: readonly [number, number, number];
  /** Opacity per millimetre-scale sample, 0…1. */
  readonly a: number;
}

export type PresetName = 'lung' | 'mediastinum' | 'bone' | 'angio';

export interface Preset extends Window {
  readonly stops: readonly Stop[];
}

const rgb = (hex: number): [number, number, number] => [(hex >> 16) / 255, ((hex >> 8) & 255) / 255, (hex & 255) / 255];
const stop = (u: number, hex: number, a: number): Stop => ({ u, rgb: rgb(hex), a });

/** The customary windows of chest CT, each with colours for the hologram. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  lung: {
    centre_hu: -600,
    width_hu: 1500,
stops: [stop(0.3, 0x16323f, 0), stop(0.36, 0x2f6f86, 0.002), stop(0.46, 0x6fb4c4, 0.01), stop(0.54, 0xbfe0dc, 0.1), stop(0.64, 0xf2d3bd, 0.3), stop(0.72, 0xea9f80, 0.22), stop(0.78, 0xc4624e, 0.012), stop(0.8, 0xa8503f, 0.003), stop(0.98, 0xb98c72, 0.003), stop(1.1, 0xe9dcc6, 0.02), stop(1.5, 0xf6efe0, 0.09)],
  },
  mediastinum: {
    centre_hu: 40,
    width_hu: 400,
    stops: [stop(-0.2, 0x4a2f26, 0), stop(0.1, 0xc99a68, 0.015), stop(0.32, 0xcf9468, 0.05), stop(0.46, 0xb5604c, 0.16), stop(0.62, 0xd2806a, 0.42), stop(0.85, 0xf0c3a0, 0.7), stop(1.15, 0xf6e7cd, 0.95), stop(2, 0xffffff, 1)],
  },
  bone: {
    centre_hu: 500,
    width_hu: 2000,
    stops: [stop(0.3, 0x5a3a30, 0), stop(0.34, 0x8a4a3c, 0.02), stop(0.4, 0xc8926e, 0.25), stop(0.48, 0xe3c9a0, 0.7), stop(0.62, 0xf3e6cc, 0.95), stop(1, 0xffffff, 1)],
  },
  angio: {
    centre_hu: 300,
    width_hu: 600,
    stops: [stop(0.08, 0x3d1713, 0), stop(0.2, 0x6d2a22, 0.01), stop(0.3, 0xa33b30, 0.1), stop(0.42, 0xcf4f3f, 0.5), stop(0.62, 0xe88a63, 0.85), stop(0.85, 0xf4d3a6, 0.95), stop(1.3, 0xfdf4e4, 1)],
  },
};

/** HU of the first entry of a table, and the step between entries. */
export const TABLE_FIRST_HU = -1024;
export const TABLE_STEP_HU = 4;
export const TABLE_LENGTH = 1024;

/** How near a window is to each preset: weights that add up to 1 and are exact at the presets. */
export function presetWeights(window: Window): Record<PresetName, number> {
  const names = Object.keys(PRESETS) as PresetName[];
  const closeness = names.map((name) => {
    const preset = PRESETS[name];
    const centre = (window.centre_hu - preset.centre_hu) / 250;
    const width = Math.log2(Math.max(1, window.width_hu) / preset.width_hu) * 1.5;
    return 1 / (1e-9 + (centre * centre + width * width) ** 2);
  });
  const sum = closeness.reduce((a, b) => a + b, 0);
  return Object.fromEntries(names.map((name, i) => [name, (closeness[i] ?? 0) / sum])) as Record<PresetName, number>;
}

/** Colour and opacity for every fourth HU, RGBA bytes: what the ray caster looks up. */
export function transferTable(window: Window): Uint8Array {
  const weights = presetWeights(window);
  const table = new Uint8Array(TABLE_LENGTH * 4);
  const low = window.centre_hu - window.width_hu / 2;
  for (let i = 0; i < TABLE_LENGTH; i++) {
    const u = (TABLE_FIRST_HU + i * TABLE_STEP_HU - low) / Math.max(1, window.width_hu);
    const mixed: [number, number, number, number] = [0, 0, 0, 0];
    let colour = 0;
    for (const [name, weight] of Object.entries(weights) as [PresetName, number][]) {
      if (weight < 1e-3) continue;
      const [r, g, b, a] = curveAt(PRESETS[name].stops, u);
      mixed[0] += r * weight;
      mixed[1] += g * weight;
      mixed[2] += b * weight;
      mixed[3] += a * weight;
      colour += weight;
    }
    for (let k = 0; k < 3; k++) table[i * 4 + k] = Math.round(((mixed[k] ?? 0) / colour) * 255);
    table[i * 4 + 3] = Math.round(mixed[3] * 255);
  }
  return table;
}

function curveAt(stops: readonly Stop[], u: number): [number, number, number, number] {
  const after = stops.findIndex((s) => s.u > u);
  const b = stops[after < 0 ? stops.length - 1 : after];
  const a = after < 0 ? b : stops[Math.max(0, after - 1)];
  if (!a || !b) return [0, 0, 0, 0];
  const f = b.u > a.u ? Math.min(1, Math.max(0, (u - a.u) / (b.u - a.u))) : 0;
  const mix = (x: number, y: number): number => x + (y - x) * f;
  return [mix(a.rgb[0], b.rgb[0]), mix(a.rgb[1], b.rgb[1]), mix(a.rgb[2], b.rgb[2]), mix(a.a, b.a)];
}

/** Grey of a slice, 0…255, for HU −1024 and up; DICOM PS3.3 C.11.2.1.2, linear. */
export function windowTable(window: Window): Uint8ClampedArray<ArrayBuffer> {
  const table = new Uint8ClampedArray(4097);
  const width = Math.max(1, window.width_hu);
  for (let i = 0; i < table.length; i++)
    table[i] = ((i - 1024 - (window.centre_hu - 0.5)) / Math.max(1, width - 1) + 0.5) * 255;
  return table;
}
