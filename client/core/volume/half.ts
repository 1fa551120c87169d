/** Half floats hold integers exactly within ±2048, and CT spans −1024…3071: so HU − 1024 is stored. */
export const HU_OFFSET = 1024;

const table = buildTable();

/** The half float of HU − 1024; beyond the CT range it is clamped. */
export function halfFromHu(hu: number): number {
  return table[clamp(hu)] ?? 0;
}

/** Half floats for a GPU texture from HU. */
export function halvesFromHu(hu: Int16Array): Uint16Array {
  const out = new Uint16Array(hu.length);
  for (let i = 0; i < hu.length; i++) out[i] = table[clamp(hu[i] ?? 0)] ?? 0;
  return out;
}

function clamp(hu: number): number {
  return hu < -1024 ? 0 : hu > 3072 ? 4096 : hu + 1024;
}

/** Entry i is the half float of i − 2048. */
function buildTable(): Uint16Array {
  const entries = new Uint16Array(4097);
  for (let i = 0; i < entries.length; i++) {
    const value = i - 2048;
    const size = Math.abs(value);
    if (size === 0) continue;
    const exponent = 31 - Math.clz32(size);
    const mantissa = exponent > 10 ? 0 : (size << (10 - exponent)) & 0x3ff;
    entries[i] = (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | mantissa;
  }
  return entries;
}
