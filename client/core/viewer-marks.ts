/** Marks on pictures, with undo: each change keeps what was before. The tab keeps them through a reload. */
import { createMemo, createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import type { Mark } from '../viewer/measure';
import type { Point } from '../viewer/plane';

export interface Marks {
  readonly all: Accessor<readonly Mark[]>;
  readonly chosen: Accessor<string | undefined>;
  choose(id: string | undefined): void;
  on(picture: string): readonly Mark[];
  add(mark: Omit<Mark, 'id'>): void;
  /** Moves a mark; steps of one movement are undone together. */
  move(id: string, points: readonly Point[], done: boolean): void;
  remove(id: string): void;
  undo(): boolean;
  redo(): boolean;
  readonly canUndo: Accessor<boolean>;
  readonly canRedo: Accessor<boolean>;
  /** Whether a mark is kept with its study as it stands now. */
  isSaved(mark: Mark): boolean;
  /** Whether the study holds something else than what is marked now: new, moved or removed marks. */
  isUnsaved(study: string): boolean;
  /** These are all marks that the study now holds. */
  wereSaved(study: string, marks: readonly Mark[]): void;
}

/** What outlasts a reload of the page. */
export interface KeptMarks {
  readonly all: readonly Mark[];
  readonly saved: readonly Mark[];
}

/** Where marks are kept between two loads of the page. */
export interface MarksPlace {
  read(): KeptMarks | undefined;
  write(kept: KeptMarks): void;
}

/** A pile of former states, no deeper than anybody goes back. */
const DEEPEST = 200;

export function createMarks(place?: MarksPlace): Marks {
  const kept = place?.read();
  const [all, setAll] = createSignal<readonly Mark[]>(kept?.all ?? []);
  const [saved, setSaved] = createSignal<readonly Mark[]>(kept?.saved ?? []);
  const [chosen, choose] = createSignal<string>();
  const [before, setBefore] = createSignal<readonly (readonly Mark[])[]>([]);
  const [after, setAfter] = createSignal<readonly (readonly Mark[])[]>([]);
  let moving: string | undefined;
  let next = 1 + Math.max(0, ...[...all(), ...saved()].map(({ id }) => Number(id.replace('mark-', '')) || 0));

  const savedAs = createMemo(() => new Set(saved().map(written)));
  // Not while something is being moved: a movement has a hundred steps.
  const write = (): void => {
    if (moving === undefined) place?.write({ all: all(), saved: saved() });
  };
  const keep = (): void => {
    setBefore((pile) => [...pile.slice(-DEEPEST), all()]);
    setAfter([]);
  };
  const change = (marks: readonly Mark[]): void => {
    keep();
    setAll(marks);
    write();
  };
  return {
    all,
    chosen,
    choose: (id) => choose(id),
    on: (picture) => all().filter((mark) => mark.picture === picture),
    add(mark) {
      const id = `mark-${next++}`;
      change([...all(), { id, ...mark }]);
      choose(id);
    },
    move(id, points, done) {
      if (moving !== id) keep();
      moving = done ? undefined : id;
      setAll((marks) => marks.map((mark) => (mark.id === id ? { ...mark, points } : mark)));
      write();
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
      write();
      return true;
    },
    redo() {
      const last = after().at(-1);
      if (!last) return false;
      setAfter((pile) => pile.slice(0, -1));
      setBefore((pile) => [...pile, all()]);
      setAll(last);
      write();
      return true;
    },
    canUndo: () => before().length > 0,
    canRedo: () => after().length > 0,
    isSaved: (mark) => savedAs().has(written(mark)),
    isUnsaved(study) {
      const now = all().filter(({ of }) => of?.study === study);
      const then = saved().filter(({ of }) => of?.study === study);
      return now.length !== then.length || now.some((mark) => !savedAs().has(written(mark)));
    },
    wereSaved(study, marks) {
      setSaved((before) => [...before.filter(({ of }) => of?.study !== study), ...marks]);
      write();
    },
  };
}

/** A mark as text, to be compared. */
const written = ({ id, kind, picture, points, text, of }: Mark): string => JSON.stringify([id, kind, picture, points.map(({ x, y }) => [x, y]), text, of?.series]);

const PREFIX = 'yuanyi.marks.';

/** The tab's own memory, by person and study: nobody who signs in after another finds their marks. */
export function marksInTab(person: string, study: string, storage: Storage = sessionStorage): MarksPlace {
  const key = `${PREFIX}${person}.${study}`;
  return {
    read() {
      try {
        const kept: unknown = JSON.parse(storage.getItem(key) ?? 'null');
        return isKept(kept) ? kept : undefined;
      } catch {
        return undefined;
      }
    },
    write(kept) {
      try {
        if (kept.all.length + kept.saved.length === 0) storage.removeItem(key);
        else storage.setItem(key, JSON.stringify(kept));
      } catch {
        // A full memory loses what a reload would find; what is drawn stays.
      }
    },
  };
}

function isKept(value: unknown): value is KeptMarks {
  return typeof value === 'object' && value !== null && Array.isArray(Reflect.get(value, 'all')) && Array.isArray(Reflect.get(value, 'saved'));
}

