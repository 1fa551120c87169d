import { createRoot } from 'solid-js';
import { expect, test, vi } from 'vitest';
import type { Mark } from '../viewer/measure';
import { createStates, newMarks } from './viewer-states';

const mark = (id: string, kind: Mark['kind'], picture: string, more: Partial<Mark> = {}): Mark => ({
  id,
  kind,
  picture,
  points: [{ x: 1, y: 2 }],
  of: { study: '1', series: '1.1' },
  ...more,
});

test('marks are sent with their pictures; those that stand on no object stay', () => {
  const marks = [
    mark('mark-1', 'length', '1.1.5#2'),
    mark('mark-2', 'length', '1.1.6#1', { of: { study: '1', series: '1.2' } }),
    mark('mark-3', 'text', '1.1.5#1', { text: 'here' }),
    { ...mark('mark-4', 'probe', '1.1|axial#3'), of: undefined } as unknown as Mark,
    mark('mark-5', 'probe', '9#1', { of: { study: '9', series: '9.1' } }),
  ];
  const sent = newMarks('1', marks, [{ series: '1.1', sop: '1.1.5', frame: 2 }], (series) => (series === '1.1' ? { centre: 40, width: 400 } : undefined));
  expect(sent.marks.map(({ id, label }) => [id, label])).toEqual([['mark-1', 'Length 1'], ['mark-2', 'Length 2'], ['mark-3', 'Text 1']]);
  expect(sent.marks[0]).toEqual({ id: 'mark-1', kind: 'length', label: 'Length 1', at: { series: '1.1', sop: '1.1.5', frame: 2 }, points: [[1, 2]] });
  expect(sent.marks[2]?.text).toBe('here');
  expect(sent.windows).toEqual([{ series: '1.1', centre: 40, width: 400 }]);
  expect(sent.key_images).toEqual([{ series: '1.1', sop: '1.1.5', frame: 2 }]);
});

test('a table is not sent as a window', () => {
  const table = { first: 0, most: 1, entries: Uint16Array.of(0, 1), name: undefined };
  expect(newMarks('1', [mark('mark-1', 'probe', 'a#1')], [], () => ({ centre: 1, width: 2, table })).windows).toEqual([]);
});

test('states are asked for once, and again after a failure', async () => {
  const get = vi.fn<(path: string) => Promise<unknown>>().mockRejectedValueOnce(new Error('no')).mockResolvedValue([{ sop: 's', images: [{ series: '1.1', sop: 'a', frames: [] }] }]);
  await createRoot(async (end) => {
    const states = createStates({ get: get as never });
    expect(states.of('1')).toEqual([]);
    await vi.waitFor(() => expect(get).toHaveBeenCalledTimes(1));
    await Promise.resolve();
    states.of('1');
    await vi.waitFor(() => expect(states.of('1')).toHaveLength(1));
    expect(get).toHaveBeenCalledTimes(2);
    expect(get).toHaveBeenCalledWith('/api/imaging/studies/1/presentation-states');
    expect([states.about('1', '1.1').length, states.about('1', '1.2').length]).toEqual([1, 0]);
    end();
  });
});
