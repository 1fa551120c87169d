import { describe, expect, it } from 'vitest';
import type { LiveWave } from '../../../../contract/signals';
import { BEHIND_ms, SHOWN_ms, isWave, lastOf, linesOf, linesOfReadings, rangeOf, timeOf, withPieces } from './waves';

const piece = (start_ms: number, values: number[], series = 'a'): LiveWave => ({
  series,
  device: 'd',
  stream: 'ecg-ii',
  title: { zh: '心电 II', en: 'ECG II' },
  patient: 'p',
  code: 'c',
  unit: 'mV',
  start_ms,
  period_us: 10_000,
  values,
});

const one = (...pieces: LiveWave[]) => {
  const wave = withPieces(new Map(), pieces, 0).get('a');
  if (!wave) throw new Error('no wave');
  return wave;
};

describe('waveforms in pieces', () => {
  it('are one line where they follow each other, whatever the order in which they came', () => {
    const wave = one(piece(1020, [3, 4]), piece(1000, [1, 2]));
    expect(linesOf(wave, 0, 2000)).toEqual([[[1000, 1], [1010, 2], [1020, 3], [1030, 4]]]);
    expect(lastOf(wave)).toBe(1040);
  });

  it('keep what they are called', () => {
    expect(one(piece(1000, [1])).title).toEqual({ zh: '心电 II', en: 'ECG II' });
  });

  it('are two lines about a gap', () => {
    expect(linesOf(one(piece(1000, [1, 2]), piece(1100, [3])), 0, 2000)).toEqual([[[1000, 1], [1010, 2]], [[1100, 3]]]);
  });

  it('count once where something was sent twice, or overlaps', () => {
    expect(linesOf(one(piece(1000, [1, 2]), piece(1000, [1, 2]), piece(1010, [2, 3])), 0, 2000)).toEqual([[[1000, 1], [1010, 2], [1020, 3]]]);
  });

  it('end where they are not shown any more', () => {
    const wave = one(piece(0, [1]), piece(10 * SHOWN_ms, [2]));
    expect(wave.pieces).toHaveLength(1);
    expect(linesOf(wave, 0, 1000)).toEqual([]);
  });

  it('go each by the clock of its own device', () => {
    const values = Array.from({ length: 100 }, (_, n) => n);
    // One device is right, the clock of the other two minutes slow.
    const now = 600_000;
    const came = [piece(now - 1000, values), piece(now - 121_000, values, 'slow')];
    const waves = withPieces(new Map(), came, now);
    for (const wave of waves.values()) {
      const to = timeOf(wave, now + BEHIND_ms) - BEHIND_ms;
      expect(to).toBe(lastOf(wave));
      expect(linesOf(wave, to - SHOWN_ms, to).map(({ length }) => length)).toEqual([100]);
    }
    // The same again, later, sets no clock back.
    const again = withPieces(waves, came, now + 400);
    expect([...again.values()].map(({ ahead_ms }) => ahead_ms)).toEqual([0, -120_000]);
  });

  it('stay apart by series, and have no range without values', () => {
    expect(withPieces(new Map(), [piece(0, [1]), piece(0, [2], 'b')], 0).size).toBe(2);
    expect(rangeOf([])).toBeUndefined();
    expect(rangeOf([[[0, 3], [1, -2]]])).toEqual([-2, 3]);
  });
});

describe('waveforms that were recorded', () => {
  const readings = [0, 10, 20, 60, 70].map((at_ms) => ({ at_ms, value: at_ms / 10 }));

  it('end a line at a gap', () => {
    expect(linesOfReadings(readings)).toEqual([[[0, 0], [10, 1], [20, 2]], [[60, 6], [70, 7]]]);
    expect(linesOfReadings([])).toEqual([]);
  });

  it('are no values that stand alone', () => {
    expect(isWave(readings)).toBe(false);
    expect(isWave(Array.from({ length: 600 }, (_, n) => ({ at_ms: n * 10, value: n })))).toBe(true);
  });
});
