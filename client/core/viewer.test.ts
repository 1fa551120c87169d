import { createRoot } from 'solid-js';
import { describe, expect, test } from 'vitest';
import type { MarkedPicture } from '../viewer/words';
import { figure, wordsOfMark } from '../viewer/words';
import { VIEWER_KEYS, actionOf } from '../viewer/tools';
import { createMarks, marksInTab } from './viewer-marks';

const press = (key: string, more: Partial<KeyboardEvent> = {}): ReturnType<typeof actionOf> =>
  actionOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

describe('marks', () => {
  test('come and go by undo and redo, and a movement is one step', () => {
    createRoot((end) => {
      const marks = createMarks();
      marks.add({ kind: 'length', picture: 'a#1', points: [{ x: 0, y: 0 }, { x: 3, y: 4 }] });
      const [made] = marks.all();
      for (const x of [4, 5, 6]) marks.move(made?.id ?? '', [{ x: 0, y: 0 }, { x, y: 4 }], x === 6);
      expect(marks.on('a#1')[0]?.points[1]).toEqual({ x: 6, y: 4 });
      expect(marks.on('b#1')).toEqual([]);
      expect(marks.undo()).toBe(true);
      expect(marks.all()[0]?.points[1]).toEqual({ x: 3, y: 4 });
      marks.undo();
      expect([marks.all().length, marks.undo(), marks.canRedo()]).toEqual([0, false, true]);
      marks.redo();
      marks.redo();
      expect(marks.all()[0]?.points[1]).toEqual({ x: 6, y: 4 });
      marks.remove(made?.id ?? '');
      expect([marks.all().length, marks.canRedo()]).toEqual([0, false]);
      end();
    });
  });
});

describe('kept marks', () => {
  const memory = (): Storage => {
    const kept = new Map<string, string>();
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as Storage;
  };
  const mark = (picture: string, x: number) =>
    ({ kind: 'length', picture, points: [{ x: 0, y: 0 }, { x, y: 4 }], of: { study: '1.2', series: '1.2.3' } }) as const;

  test('outlast a reload, for the person who made them', () => {
    createRoot((end) => {
      const storage = memory();
      const marks = createMarks(marksInTab('li', '1.2', storage));
      marks.add(mark('a#1', 3));
      marks.wereSaved('1.2', marks.all());
      marks.add(mark('a#2', 5));
      const again = createMarks(marksInTab('li', '1.2', storage));
      expect(again.all()).toEqual(marks.all());
      expect(again.all().map((one) => again.isSaved(one))).toEqual([true, false]);
      again.add(mark('a#3', 6));
      expect(new Set(again.all().map(({ id }) => id)).size).toBe(3);
      expect(createMarks(marksInTab('chen', '1.2', storage)).all()).toEqual([]);
      storage.setItem('yuanyi.marks.li.1.2', '{"all":7}');
      expect(createMarks(marksInTab('li', '1.2', storage)).all()).toEqual([]);
      end();
    });
  });

  test('are unsaved when moved, added or removed, and saved again when that is undone', () => {
    createRoot((end) => {
      const marks = createMarks();
      expect(marks.isUnsaved('1.2')).toBe(false);
      marks.add(mark('a#1', 3));
      expect(marks.isUnsaved('1.2')).toBe(true);
      marks.wereSaved('1.2', marks.all());
      expect([marks.isUnsaved('1.2'), marks.isUnsaved('9.9')]).toEqual([false, false]);
      marks.move('mark-1', [{ x: 0, y: 0 }, { x: 9, y: 4 }], true);
      expect(marks.isUnsaved('1.2')).toBe(true);
      marks.undo();
      expect(marks.isUnsaved('1.2')).toBe(false);
      marks.remove('mark-1');
      expect(marks.isUnsaved('1.2')).toBe(true);
      end();
    });
  });
});

describe('words of a mark', () => {
  const picture: MarkedPicture = {
    plane: { columns: 2, rows: 2, spacing_mm: [0.5, 0.5], spacingSource: 'patient', place: undefined, thickness_mm: undefined },
    pixels: { kind: 'grey', samples: Int16Array.from([0, 10, 20, 30]), least: 0, most: 30 },
    rescale: { slope: 2, intercept: -1000 },
    unit: 'HU',
  };
  const words = { mean: 'mean', deviation: 'SD', range: 'range', noValue: 'no value', detector: 'at the detector' };
  const say = (kind: 'length' | 'probe' | 'rectangle', of = picture): readonly string[] =>
    wordsOfMark({ id: '1', picture: 'a', kind, points: [{ x: 0, y: 0 }, { x: 1, y: 1 }] }, of, words);

  test('hold the value with its unit', () => {
    expect(say('length')).toEqual(['0.7 mm']);
    expect(say('probe')).toEqual(['-1000 HU']);
    expect(say('rectangle')).toEqual(['0.3 mm²', 'mean -970 HU · SD 22.4', 'range -1000 … -940 HU']);
  });

  test('say what cannot be known', () => {
    expect(say('probe', { ...picture, pixels: undefined })).toEqual(['no value']);
    expect(say('rectangle', { ...picture, pixels: undefined })).toEqual(['0.3 mm²', 'no value']);
    expect(say('length', { ...picture, plane: { ...picture.plane, spacing_mm: undefined } })).toEqual(['1 px']);
    expect(say('length', { ...picture, plane: { ...picture.plane, spacingSource: 'detector' } })).toEqual(['0.7 mm (at the detector)']);
    expect(figure({ value: 1234.56, unit: 'mm' })).toBe('1235 mm');
  });
});

describe('keys', () => {
  test('are taken in either case, and not from the browser', () => {
    expect(press('L', { shiftKey: true })).toEqual({ tool: 'length' });
    expect(press('l', { ctrlKey: true })).toBeUndefined();
    expect(press('l', { altKey: true })).toBeUndefined();
    expect(press('z', { ctrlKey: true })).toEqual({ command: 'undo' });
    expect(press('Z', { metaKey: true, shiftKey: true })).toEqual({ command: 'redo' });
    expect(press('Tab')).toBeUndefined();
  });

  test('do one thing each', () => {
    for (const key of Object.keys(VIEWER_KEYS)) expect(press(key)).toEqual(VIEWER_KEYS[key]);
  });
});
