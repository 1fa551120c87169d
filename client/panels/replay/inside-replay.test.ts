import { expect, test } from 'vitest';
import { translate } from '../../words/words';
import { SPEEDS } from '../../room/replay';
import { besides, insideReplay } from './inside-replay';
import type { InsideReplay } from './inside-replay';

const NOW: InsideReplay = {
  title: 'Replay', mode: 'vr', at: '00:12', length: '01:03', playing: false, waiting: false, failed: false, speed: 1,
  act: 'Li placed: a measurement.', people: ['Li', 'Chen'], gaze: false, gazeTime_s: 1.1, goes: false, standing: false,
};
const panel = (change: Partial<InsideReplay>, language: 'zh' | 'en' = 'en'): ReturnType<typeof insideReplay> => insideReplay({ ...NOW, ...change }, (key, params) => translate(language, key, params));
const ids = (change: Partial<InsideReplay>): string[] => panel(change).buttons.map(({ id }) => id);

test('the panel of a replay says when it is, what was done and who is there, in both languages', () => {
  expect(panel({}).lines).toEqual(['00:12 / 01:03 · 1×', 'Li placed: a measurement.', 'Here: Li · Chen']);
  expect(panel({ waiting: true }).lines[1]).toBe('Loading…');
  expect(panel({ waiting: true, failed: true }).lines[1]).toBe('A part could not be loaded');
  for (const language of ['zh', 'en'] as const) {
    const { buttons, lines } = panel({ speed: 8 }, language);
    for (const words of [...lines, ...buttons.map(({ label }) => label)]) expect(words).not.toMatch(/\{|\}|^$/);
  }
});

test('it plays and pauses, leaps and steps, and has a slower and a faster as far as there are any', () => {
  expect(ids({})).toEqual(['back', 'toggle', 'forth', 'before', 'begin', 'next', 'slower', 'faster', 'gaze', 'go', 'turn:left', 'turn:right', 'height']);
  expect(panel({}).buttons[1]?.label).toBe('Play');
  expect(panel({ playing: true }).buttons[1]?.label).toBe('Pause');
  expect(ids({ speed: SPEEDS[0] })).not.toContain('slower');
  expect(ids({ speed: 8 })).not.toContain('faster');
  expect(panel({ speed: 8 }).lines[1]).toMatch(/^No voices at this speed/);
  expect(ids({ mode: 'ar' })).not.toContain('height');
  expect(panel({ gaze: true, gazeTime_s: 1.8 }).buttons.find(({ id }) => id === 'dwell')?.label).toBe('Chosen after 1.8 s');
  expect(panel({ goes: true }).lines[1]).toMatch(/^Look at the floor/);
  expect(besides(1, 1)).toBe(SPEEDS[SPEEDS.indexOf(1) + 1]);
});
