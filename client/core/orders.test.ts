import { describe, expect, it } from 'vitest';
import { answerOf, orderOf } from './orders';

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

describe('an answer that was said', () => {
  it.each(['Yes.', 'yes, please', 'Confirm!', 'Do it.', '是', '是的。', '确认吧', '请执行吧'])('is yes: %s', (heard) => {
    expect(answerOf(heard)).toBe(true);
  });

  it.each(['No.', 'No, thanks', 'Cancel', 'Don’t!', '否', '不是。', '不要', '取消', '算了吧'])('is no: %s', (heard) => {
    expect(answerOf(heard)).toBe(false);
  });

  it.each(['', 'Okay', '好的', '对', 'yes, but the other lung', 'I have no idea', '是不是左肺', '取消剖切', '不知道', 'please'])('is neither: %j', (heard) => {
    expect(answerOf(heard)).toBeUndefined();
  });
});
