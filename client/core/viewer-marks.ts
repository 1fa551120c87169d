/** Marks on pictures, with undo: each change keeps what was before. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Mark, MarkKind } from '../viewer/measure';
import type { Point } from '../viewer/plane';

export interface Marks {
  readonly all: Accessor<readonly Mark[]>;
  readonly chosen: Accessor<string | undefined>;
  choose(id: string | undefined): void;
  on(picture: string): readonly Mark[];
  add(kind: MarkKind, picture: string, points: readonly Point[], text?: string): void;
  /** Moves a mark; steps of one movement are undone together. */
  move(id: string, points: readonly Point[], done: boolean): void;
  remove(id: string): void;
  undo(): boolean;
  redo(): boolean;
  readonly canUndo: Accessor<boolean>;
  readonly canRedo: Accessor<boolean>;
}

/** A pile of former states, no deeper than anybody goes back. */
const DEEPEST = 200;

export function createMarks(): Marks {
  const [all, setAll] = createSignal<readonly Mark[]>([]);
  const [chosen, choose] = createSignal<string>();
  const [before, setBefore] = createSignal<readonly (readonly Mark[])[]>([]);
  const [after, setAfter] = createSignal<readonly (readonly Mark[])[]>([]);
  let moving: string | undefined;
  let next = 1;

  const keep = (): void => {
    setBefore((pile) => [...pile.slice(-DEEPEST), all()]);
    setAfter([]);
  };
  const change = (marks: readonly Mark[]): void => {
    keep();
    setAll(marks);
  };
  return {
    all,
    chosen,
    choose: (id) => choose(id),
    on: (picture) => all().filter((mark) => mark.picture === picture),
    add(kind, picture, points, text) {
      const id = `mark-${next++}`;
      change([...all(), { id, kind, picture, points, ...(text === undefined ? {} : { text }) }]);
      choose(id);
    },
    move(id, points, done) {
      if (moving !== id) keep();
      moving = done ? undefined : id;
      setAll((marks) => marks.map((mark) => (mark.id === id ? { ...mark, points } : mark)));
    },
    remove(id) {
      change(all().filter((mark) => mark.id !== id));
      if (chosen() === id) choose(undefined);
    },
    undo() {
      const last = before().at(-1);
      if (!last) return false;
      setBefore((pile) => pile.slice(0, -1));
      setAfter((pile) => [...pile, all()]);
      setAll(last);
      return true;
    },
    redo() {
      const last = after().at(-1);
      if (!last) return false;
      setAfter((pile) => pile.slice(0, -1));
      setBefore((pile) => [...pile, all()]);
      setAll(last);
      return true;
    },
    canUndo: () => before().length > 0,
    canRedo: () => after().length > 0,
  };
}
