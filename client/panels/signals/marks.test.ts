import { describe, expect, it } from 'vitest';
import { countOf, markText, marksText, runsOf } from './marks';
import type { Marked } from './marks';
import type { Bucket } from './span';

const bucket = (start: number): Bucket => [start, 1, 3, 2, 4];

describe('marks of readings', () => {
  it('say by how much a clock was corrected, and what is in no figure', () => {
    const corrected = { code: 'clock-corrected', by_ms: -90_500, doubt_ms: 2_000 };
    expect(markText(corrected, 'en')).toContain('-90.5 s were added to its time, which may still be 2 s off');
    expect(markText(corrected, 'zh')).toContain('-90.5 秒');
    expect(marksText([{ code: 'test' }], 'en')).toContain('not in the line');
    expect(marksText([{ code: 'conflicting' }], 'en')).not.toContain('not in the line');
    expect(markText({ code: 'other', text: 'status 4' }, 'en')).toContain('status 4');
    expect(markText({ code: 'of a later hospital' }, 'zh')).toBe('of a later hospital');
  });

  it('are runs that end where the marks change or nothing is marked', () => {
    const slow = (by_ms: number) => [{ code: 'clock-corrected', by_ms, doubt_ms: 1 }];
    const marked: Marked[] = [
      [0, 2, slow(100)],
      [10, 1, slow(-300)],
      [40, 3, slow(100)],
      [50, 1, [{ code: 'artefact' }]],
    ];
    const found = runsOf(marked, [0, 10, 20, 40].map(bucket));
    expect(found.map(({ from, last, count }) => [from, last, count])).toEqual([[0, 10, 3], [40, 40, 3], [50, 50, 1]]);
    expect(found[0]?.marks).toEqual(slow(-300));
    expect(countOf(marked)).toBe(7);
    expect(runsOf([], [bucket(0)])).toEqual([]);
  });
});
