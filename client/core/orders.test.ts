import { describe, expect, it } from 'vitest';
import { orderOf } from './orders';

const ORDERS = [
  { id: 'undo', words: 'Undo' },
  { id: 'measure', words: 'Length' },
  { id: 'lung', words: 'Lung' },
  { id: 'bone', words: 'Bone' },
  { id: 'all', words: 'Show everything again' },
  { id: 'board', words: 'Put up a board' },
  { id: 'undo-zh', words: '撤销' },
  { id: 'volume-zh', words: '左肺体积' },
];

describe('an order that was said', () => {
  it.each([
    ['Undo.', 'undo'],
    ['please UNDO that', 'undo'],
    ['show everything, again', 'all'],
    ['put up the board', 'board'],
    ['请撤销。', 'undo-zh'],
    ['测量左肺的体积', 'volume-zh'],
  ])('%s', (heard, id) => {
    expect(orderOf(heard, ORDERS)?.id).toBe(id);
  });

  it.each(['', 'what a nice day', 'lung or bone'])('is none: %j', (heard) => {
    expect(orderOf(heard, ORDERS)).toBeUndefined();
  });

  it('is the longer one where one holds the other', () => {
    expect(orderOf('lung length', [...ORDERS, { id: 'both', words: 'Lung length' }])?.id).toBe('both');
  });
});
