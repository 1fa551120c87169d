import { describe, expect, it } from 'vitest';
import { PALETTE, inkOn } from './palette';

function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b2 = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b2;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

describe('the colours of people', () => {
  it('are those that the room knows, in its order', () => {
    const [seat] = Object.values(import.meta.glob<string>('../../crates/room/src/seat.rs', { query: '?raw', import: 'default', eager: true }));
    const palette = /const PALETTE[^=]*= \[([^\]]*)\]/.exec(seat ?? '')?.[1] ?? '';
    expect(palette.match(/#[0-9a-f]{6}/g)).toEqual([...PALETTE]);
  });

  it.each(PALETTE)('%s is read on by its ink, and seen on the dark stage', (colour) => {
    expect(contrast(colour, inkOn(colour))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour, '#0a0d12')).toBeGreaterThanOrEqual(3);
  });
});
