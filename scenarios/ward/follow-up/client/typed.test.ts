import { expect, test } from 'vitest';
import { answersOf, blown, isNoNumber, wrongIn } from './typed';

test('values of a spirometer are taken as people type them, also by Chinese keyboards', () => {
  const typed = { 'before-fev1': ' 2,10 ', 'before-fvc': '３。２' };
  expect(wrongIn(typed)).toEqual({});
  expect([blown(typed, 'before'), blown(typed, 'after')]).toEqual([{ fev1_l: 2.1, fvc_l: 3.2 }, undefined]);
});

test('what is no number, or stands alone, is not left out unsaid', () => {
  expect(wrongIn({ 'before-fev1': '2.1', 'before-fvc': '3,o', 'after-fev1': '2.3' })).toEqual({ 'before-fvc': 'none', 'after-fvc': 'pair' });
  expect(wrongIn({ 'after-fvc': '3' })).toEqual({ 'after-fev1': 'pair' });
  expect(wrongIn({ 'before-fev1': ' ', 'before-fvc': '' })).toEqual({});
});

test('answers are what was typed and chosen, and what is no number is none', () => {
  const asks = [{ name: 'cat', kind: 'number' }, { name: 'flare', kind: 'yes-no' }, { name: 'mmrc', kind: 'choice' }, { name: 'eosinophils', kind: 'number' }];
  const typed = { cat: '１２', flare: 'no', mmrc: '2', eosinophils: 'many' };
  expect(answersOf(typed, asks)).toEqual({ cat: 12, flare: false, mmrc: '2' });
  expect(asks.map((one) => isNoNumber(typed, one))).toEqual([false, false, false, true]);
  expect(answersOf({ cat: ' ', flare: '' }, asks)).toEqual({});
  expect(isNoNumber({ cat: ' ' }, { name: 'cat', kind: 'number' })).toBe(false);
});
