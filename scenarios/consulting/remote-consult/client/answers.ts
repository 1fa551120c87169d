/** Answers on their way into the record: each stands as it was chosen until the record has it. */
import { createSignal } from 'solid-js';
import type { Accessor } from 'solid-js';
import { ApiError } from '../../../../client/core/api';
import type { AnswerValue } from '../../../../contract/knowledge';

/** So often an answer goes out where others change the case at that moment; it changes nothing of theirs. */
const TRIES = 5;
/** The status by which the server says that something changed meanwhile. */
const CHANGED = 412;

/** An answer; null takes it back. */
export type Value = AnswerValue | null;

export interface Draft {
  readonly value: Value;
  /** Why the record did not take it; undefined while it is on its way. */
  readonly refused?: unknown;
}

export type Drafts = Readonly<Record<string, Draft>>;

export interface Answers {
  /** What the record does not have yet, by question. */
  readonly drafts: Accessor<Drafts>;
  choose(name: string, value: Value): void;
  /** Goes back to what the record has. */
  drop(name: string): void;
  /** Comes when none is on its way any more. */
  settled(): Promise<void>;
}

/** Keeps answers until `save` has brought them into the record, one after the other; `onRefused` hears why one was not. */
export function createAnswers(save: (name: string, value: Value) => Promise<void>, onRefused: (why: unknown) => void): Answers {
  const [drafts, setDrafts] = createSignal<Drafts>({});
  let running: Promise<void> | undefined;

  const keep = (name: string, draft: Draft | undefined): void => {
    setDrafts((all) => {
      const others = Object.fromEntries(Object.entries(all).filter(([other]) => other !== name));
      return draft ? { ...others, [name]: draft } : others;
    });
  };
  const next = (): [string, Draft] | undefined => Object.entries(drafts()).find(([, { refused }]) => refused === undefined);

  async function bring(name: string, value: Value): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await save(name, value);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== CHANGED || tries === TRIES) throw error;
      }
    }
  }

  async function run(): Promise<void> {
    for (let one = next(); one; one = next()) {
      const [name, draft] = one;
      let left: Draft | undefined;
      try {
        await bring(name, draft.value);
      } catch (refused) {
        left = { value: draft.value, refused };
        onRefused(refused);
      }
      // Another that was chosen meanwhile waits for a turn of its own.
      if (drafts()[name] === draft) keep(name, left);
    }
    running = undefined;
  }

  return {
    drafts,
    choose(name, value) {
      keep(name, { value });
      running ??= run();
    },
    drop: (name) => keep(name, undefined),
    settled: async () => running,
  };
}
