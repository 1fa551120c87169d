import { createRoot } from 'solid-js';
import { expect, it } from 'vitest';
import type { SegmentMask, StudySegmentation } from '../../contract/nodules';
import { createOutlines } from './outlines';

const segmentation = (sop: string, tracking_uid: string, label: string): StudySegmentation => ({ sop, series: '9', of_series: '1', segments: [{ number: 1, label, drawn: 'MANUAL', tracking_uid }] });
const grid = { size: [2, 1, 1], spacing_mm: [1, 1, 1], origin_lps_mm: [0, 0, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
const mask = { number: 1, volume: grid, mask: { origin: [0, 0, 0], size: [2, 1, 1], runs: [0, 2] } } as unknown as SegmentMask;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

it('shows the newest outline of what is followed, others where they are asked for, and none of another series', async () => {
  const asked: string[] = [];
  const outlines = createRoot(() =>
    createOutlines({
      segmentations: () => Promise.resolve([segmentation('3', '2.25.1', 'corrected'), segmentation('2', '2.25.1', 'first'), segmentation('4', '', 'lung')]),
      masks: (_, sop) => {
        asked.push(sop);
        return sop === '4' && asked.length < 3 ? Promise.reject(new Error('no line')) : Promise.resolve([mask]);
      },
    }),
  );
  await outlines.reload('s');
  await settled();
  expect(outlines.all().map(({ label }) => label)).toEqual(['corrected', 'lung']);
  expect(asked).toEqual(['3']);
  expect(outlines.on('1', undefined)).toHaveLength(1);
  expect(outlines.on('1', '3')).toHaveLength(0);
  expect(outlines.on('2', undefined)).toHaveLength(0);
  const lung = outlines.all()[1];
  if (!lung) throw new Error('no lung');
  outlines.toggle(lung);
  await settled();
  expect(outlines.isFailed(lung)).toBe(true);
  outlines.toggle(lung);
  outlines.toggle(lung);
  await settled();
  expect([outlines.isFailed(lung), outlines.on('1', undefined).length]).toEqual([false, 2]);
});
