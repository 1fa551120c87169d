import { createRoot, createSignal } from 'solid-js';
import { expect, it } from 'vitest';
import type { ModelAnswers } from '../../contract/models';
import { maskOf } from '../viewer/mask';
import type { VoxelGrid } from './frames';
import { createModelOutlines } from './model-outlines';
import type { NoduleInHand } from './nodules';

const GRID: VoxelGrid = { size: [8, 8, 8], spacing_mm: [1, 1, 1], origin_lps_mm: [0, 0, 0], direction_lps: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
const BOX = { origin: [1, 1, 1], size: [2, 2, 2], runs: [0, 8] } as const;
const inHand = (): NoduleInHand => ({
  series: '1.2', mask: maskOf(GRID, BOX), measures: undefined, proposal: undefined, of: undefined, again: undefined, byHand: false,
});
/** What two models drew, and a third that only said a probability. */
const ANSWERS = {
  answers: ['a', 'b', 'c'].map((id) => ({ card: { id }, mask: id === 'c' ? null : BOX })),
  failed: [],
} as unknown as ModelAnswers;

it('draws what models outlined, each told apart without colour, until the outline in hand is another', () => {
  const first = inHand();
  const [held, hold] = createSignal<NoduleInHand | undefined>(first);
  const outlines = createRoot(() => createModelOutlines(held));
  expect(outlines.on('1.2')).toEqual([]);
  outlines.hear(first, ANSWERS);
  const drawn = outlines.on('1.2');
  expect(drawn).toHaveLength(2);
  expect(new Set(drawn.map(({ dash }) => String(dash))).size).toBe(2);
  expect(new Set(drawn.map(({ colour }) => colour)).size).toBe(2);
  expect(outlines.of('c')).toBeUndefined();
  // On pictures of another series nothing is drawn; each can be hidden and shown.
  expect(outlines.on('1.3')).toEqual([]);
  outlines.toggle('a');
  expect([outlines.isOn('a'), outlines.on('1.2').length]).toEqual([false, 1]);
  outlines.toggle('a');
  expect(outlines.on('1.2')).toHaveLength(2);
  // An edited outline makes void what was said of the former; taken back, it holds again.
  hold({ ...inHand(), byHand: true });
  expect([outlines.on('1.2'), outlines.answers()]).toEqual([[], undefined]);
  hold(first);
  expect(outlines.on('1.2')).toHaveLength(2);
});
