import { describe, expect, test } from 'vitest';
import type { Course } from './course';
import { answerIn, chineseNumber } from './heard';
import { basisOf, bodyOf, without } from './merge';
import { markOf, sliceOf } from './picture';
import en from './words.en.json';
import zh from './words.zh.json';

describe('answers that wait', () => {
  const waiting = {
    calcified: { value: true, base: null },
    smoking_phases: { value: [{ cigarettes_per_day: 20, years: 3 }], base: [] },
  };

  test('are sent with what was seen, the history by itself', () => {
    expect(bodyOf(waiting)).toEqual({ answers: { calcified: waiting.calcified }, phases: waiting.smoking_phases });
    expect(bodyOf({ calcified: waiting.calcified })).toEqual({ answers: { calcified: waiting.calcified } });
  });

  test('that were changed while others were on their way still wait', () => {
    const changed = { value: false, base: null };
    expect(without({ ...waiting, calcified: changed }, waiting)).toEqual({ calcified: changed });
    expect(without(waiting, waiting)).toEqual({});
  });

  test('build on what the server has', () => {
    const course = {
      questions: [{ name: 'calcified', answer: { value: false } }, { name: 'upper_lobe', answer: null }],
      smoking: { phases: [{ cigarettes_per_day: 1, years: 2 }], items: [{ name: 'ftnd_when_ill', answer: null }] },
    } as unknown as Course;
    expect(basisOf(course, 'calcified')).toBe(false);
    expect(basisOf(course, 'upper_lobe')).toBeNull();
    expect(basisOf(course, 'ftnd_when_ill')).toBeNull();
    expect(basisOf(course, 'ready_to_quit')).toBeNull();
    expect(basisOf(course, 'smoking_phases')).toEqual([{ cigarettes_per_day: 1, years: 2 }]);
  });
});

describe('answers by voice', () => {
  const yesNo = { kind: 'yes-no', choices: [] } as const;
  const number = { kind: 'number', choices: [] } as const;
  const kinds = {
    kind: 'choice',
    choices: [
      { id: 'solid', label: { zh: '实性', en: 'Solid' } },
      { id: 'part-solid', label: { zh: '部分实性', en: 'Part-solid' } },
    ],
  } as const;

  test.each([
    ['yes', true], ['No, never', false], ['有', true], ['没有', false], ['不是', false], ['是的', true],
    ['perhaps', undefined], ['', undefined], ['nobody', undefined], ['不知道', undefined], ['not sure', undefined],
    ['no idea', undefined], ['I do not know', undefined], ['不记得了', undefined],
  ])('yes or no: %s', (heard, expected) => expect(answerIn(heard, yesNo)).toBe(expected));

  test.each([
    ['20 cigarettes', 20], ['9.5 毫米', 9.5], ['二十五支', 25], ['十', 10], ['一百零五', 105], ['九点五', 9.5],
    ['about seven', 7], ['none', undefined], ['some', undefined],
  ])('number: %s', (heard, expected) => expect(answerIn(heard, number)).toBe(expected));

  test('a choice by its name, the longest that fits', () => {
    expect(answerIn('part-solid', kinds)).toBe('part-solid');
    expect(answerIn('Solid.', kinds)).toBe('solid');
    expect(answerIn('部分实性', kinds)).toBe('part-solid');
    expect(answerIn('green', kinds)).toBeUndefined();
  });

  test('what holds no Chinese number is none', () => expect(chineseNumber('abc')).toBeUndefined());
});

describe('the picture', () => {
  const slice = (z_mm: number, instance: string) =>
    sliceOf({
      '00080018': { Value: [instance] },
      '00200032': { Value: [-100, -50, z_mm] },
      '00200037': { Value: [1, 0, 0, 0, 1, 0] },
      '00280010': { Value: [200] },
      '00280011': { Value: [400] },
      // Between rows 0.5 mm, between columns 0.25 mm.
      '00280030': { Value: [0.5, 0.25] },
    });

  test('a lesion is marked on the nearest slice, in its pixels', () => {
    const slices = [slice(0, 'a'), slice(5, 'b'), slice(10, 'c')].filter((one) => one !== undefined);
    const mark = markOf(slices, [-90, -40, 6.5], 8);
    expect(mark?.slice.instance).toBe('b');
    expect([mark?.x, mark?.y, mark?.radius]).toEqual([40, 20, 32]);
  });

  test('beside the picture there is no mark, and an object without a place is no slice', () => {
    const slices = [slice(0, 'a')].filter((one) => one !== undefined);
    expect(markOf(slices, [200, -40, 0], 8)).toBeUndefined();
    expect(markOf([], [0, 0, 0], 8)).toBeUndefined();
    expect(sliceOf({ '00080018': { Value: ['x'] } })).toBeUndefined();
  });
});

describe('words', () => {
  test('both languages fill the same places, and Chinese is Chinese', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name ?? '').sort();
    for (const [key, text] of Object.entries(en)) {
      const other = zh[key as keyof typeof zh];
      expect(new Set(places(other)), key).toEqual(new Set(places(text)));
      expect(other, key).toMatch(/\p{Script=Han}/u);
    }
  });
});
