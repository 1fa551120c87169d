/** Answers that wait on the device: how they are sent, and what they build on. Pure. */
import type { Course, Unsent } from './course';
import { PHASES } from './course';

type Waiting = Readonly<Record<string, Unsent>>;

/** What the server has for a question, as the person sees it now. */
export function basisOf(course: Course, name: string): Unsent['base'] {
  if (name === PHASES) return course.smoking.phases;
  const question =
    course.questions.find((one) => one.name === name) ?? course.smoking.items.find((one) => one.name === name);
  if (question) return question.answer?.value ?? null;
  return name === 'ready_to_quit' ? (course.smoking.ready_to_quit ?? null) : null;
}

/** The request that sends what waits. */
export function bodyOf(waiting: Waiting): { answers: Record<string, Unsent>; phases?: Unsent } {
  const { [PHASES]: phases, ...answers } = waiting;
  return phases === undefined ? { answers } : { answers, phases };
}

/** What still waits after some of it was sent; what was changed meanwhile stays. */
export function without(all: Waiting, sent: Waiting): Waiting {
  return Object.fromEntries(Object.entries(all).filter(([name, one]) => sent[name] !== one));
}
