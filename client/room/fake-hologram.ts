import type { Hologram, Placed } from '../../contract/room';

/** A hologram as a room has it when nobody has changed anything yet, for tests. */
export const HOLOGRAM: { type: 'hologram' } & Hologram = {
  type: 'hologram',
  series: '1.2.3',
  transform: { position_m: [0, 1, 0], rotation: [0, 0, 0, 1], scale: 1 },
  window: { centre_hu: 40, width_hu: 400 },
  mode: 'volume',
  layers: {},
  clip: null,
  cursor_lps_mm: [0, 0, 0],
};
export const PLACED: Placed = { by: 'li.terminal', at: '2026-11-20T08:00:00.000Z', entity: HOLOGRAM };
