import { expect, test } from 'vitest';
import type { RecordedAct } from '../../contract/recordings';
import { translate } from '../words/words';
import type { Key, Params } from '../words/words';
import { actLine, clockWords, foundActs } from './replay-control';

const app = { t: (key: Key, params?: Params) => translate('en', key, params), language: () => 'en' as const };

function act(number: number, name: string, part: Partial<RecordedAct>): RecordedAct {
  return { number, actor: name, name, at_ms: number * 1000, act: 'set', changes: [], ...part };
}

const NOTE = { by: 'li', at: '', entity: { type: 'annotation', hologram: 1, at_lps_mm: [0, 0, 0], text: '右上叶 nodule 9 mm' } } as const;
const ACTS: RecordedAct[] = [
  act(1, 'Li', { act: 'recording', recording: { did: 'started' } }),
  act(2, 'Li', { act: 'add', changes: [{ id: 2, placed: { ...NOTE, entity: { ...NOTE.entity, at_lps_mm: [0, 0, 0] } } }] }),
  act(3, 'Chen', { act: 'order', order: { whom: 'zhao', name: 'Zhao', did: 'warned', reason: 'speak slowly' } }),
  act(4, 'Chen', { act: 'remove', changes: [{ id: 2, placed: null }] }),
  act(5, 'Chen', { act: 'recording', recording: { did: 'stopped', why: 'full' } }),
  act(6, 'Li', { act: 'place', place: 'operating' }),
];

test('acts are found by kind, person and words in any order, in the words in which they are shown', () => {
  const lines = ACTS.map((one) => actLine(one, app));
  const found = (kind: string, name: string, text: string): number[] => foundActs(lines, kind, name, text).map(({ number }) => number);
  expect(found('', '', '')).toEqual([1, 2, 3, 4, 5, 6]);
  expect(found('', '', 'NODULE 右上叶')).toEqual([2]);
  expect(found('', 'Chen', '')).toEqual([3, 4, 5]);
  expect(found('recording', '', '')).toEqual([1, 5]);
  expect(found('recording', 'Chen', 'space')).toEqual([5]);
  expect(found('order', '', 'zhao slowly')).toEqual([3]);
  expect(found('place', 'Li', 'operating')).toEqual([6]);
  expect(found('', '', 'nobody said this')).toEqual([]);
  for (const { words } of lines) expect(words).not.toMatch(/undefined|\{/);
});

test('a time is told in minutes and seconds, and in hours where there are any', () => {
  expect([0, 999, 61_000, 3_600_000, -5].map(clockWords)).toEqual(['00:00', '00:00', '01:01', '1:00:00', '00:00']);
});
