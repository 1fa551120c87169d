import { expect, test } from 'vitest';
import type { SignalRow } from '../../../contract/signals';
import { newestFirst, shownOf } from './rows';

const row = (series: string, at_ms: number): SignalRow => ({ series, last: { at_ms, value: 1 } }) as SignalRow;

test('the newest series is shown first, and stays when another is newer', () => {
  const first = newestFirst([row('pulse', 1), row('spo2', 2)]);
  expect(shownOf(first, undefined, undefined)?.series).toBe('spo2');
  const later = newestFirst([row('pulse', 4), row('spo2', 3)]);
  expect(later.map(({ series }) => series)).toEqual(['pulse', 'spo2']);
  // It is the same series with what came since.
  expect(shownOf(later, undefined, 'spo2')?.last.at_ms).toBe(3);
  expect(shownOf(later, 'pulse', 'spo2')?.series).toBe('pulse');
  expect(shownOf([], 'pulse', 'spo2')).toBeUndefined();
});
