import { createRoot, createSignal } from 'solid-js';
import { expect, test } from 'vitest';
import type { Caption } from '../../core/room-captions';
import type { BoardShown, WriteAt } from '../../core/room-control';
import { SPOTS } from '../../core/room-standing';
import { createWriting } from './inside-writing';
import type { WritingByVoice } from './inside-writing';

const BOARD = { id: 1, board: { type: 'board', transform: SPOTS.right, title: 'Plan' }, marks: [{ entity: { type: 'board-note' } }, { entity: { type: 'ink' } }] } as unknown as BoardShown;

interface Written {
  readonly writing: WritingByVoice;
  readonly done: unknown[];
  /** The hospital's service has heard somebody. */
  heard(name: string, text: string): void;
  boards(now: readonly BoardShown[]): void;
  askAt(at: WriteAt | undefined): void;
}

/** A room in which the hospital's service writes down what is said. */
function room(): Written {
  const done: unknown[] = [];
  const [captions, setCaptions] = createSignal<readonly Caption[]>([]);
  const [boards, setBoards] = createSignal<readonly BoardShown[]>([BOARD]);
  const [writeAt, setWriteAt] = createSignal<WriteAt>();
  const [dictates, dictate] = createSignal(false);
  const control = {
    boards,
    locked: () => undefined,
    marks: () => [],
    place: (entity: unknown) => done.push(entity),
    write: (...note: unknown[]) => done.push(note),
    writeAt,
    askForWords: setWriteAt,
  };
  const props = { control, order: { own: () => ({ name: 'Li' }), works: () => true }, voice: { state: () => 'in', captions, writesDown: () => true, dictates, dictate } } as unknown as Parameters<typeof createWriting>[0];
  const writing = createRoot(() => createWriting(props, { t: (key) => key, language: () => 'en' }));
  const heard = (name: string, text: string): void => void setCaptions((all) => [...all, { name, text, heard: true } as unknown as Caption]);
  return { writing, done, heard, boards: (now) => void setBoards(now), askAt: (at) => void setWriteAt(at) };
}

test('what is said goes on the board, below what is written there', () => {
  const { writing, done, heard } = room();
  expect([writing.can(), writing.state()]).toEqual([true, undefined]);
  writing.onBoard(1);
  expect(writing.state()).toMatchObject({ as: 'board', draft: '', by: 'captions' });
  heard('Li', 'said before one asked for it');
  writing.press('listen');
  heard('Chen', 'somebody else');
  expect(writing.state()?.draft).toBe('');
  heard('Li', 'CT in March');
  expect(writing.state()).toMatchObject({ draft: 'CT in March', listens: true });
  writing.press('place');
  expect(done).toEqual([{ type: 'board-note', board: 1, at: [expect.any(Number), (110 + 44) / 720], text: 'CT in March' }]);
  expect(writing.state()).toBeUndefined();
});

test('words on a board are given up, and nobody writes on one that is gone', () => {
  const { writing, done, heard, boards } = room();
  writing.onBoard(1);
  writing.press('listen');
  heard('Li', 'never mind');
  writing.press('cancel');
  expect(writing.state()).toBeUndefined();
  writing.onBoard(1);
  expect(writing.state()?.draft).toBe('');
  boards([]);
  expect(writing.state()).toBeUndefined();
  writing.press('place');
  expect(done).toEqual([]);
});

test('a note at a point goes first, and is placed there', () => {
  const { writing, done, heard, askAt } = room();
  writing.onBoard(1);
  askAt({ point_lps_mm: [1, 2, 3], as: 'note' });
  expect(writing.state()?.as).toBe('note');
  writing.press('listen');
  heard('Li', 'look here');
  writing.press('place');
  expect(done).toEqual([[[1, 2, 3], 'look here', 'note']]);
  expect(writing.state()).toMatchObject({ as: 'board', draft: '' });
});
