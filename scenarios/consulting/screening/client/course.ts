/** The programme as the server shows it: see the README. */
import type { Language, Text } from '../../../../client/core/language';
import type {
  Answer,
  AnswerValue,
  Assessment,
  ChoiceOption,
  FiveA,
  Recommendation,
  ScaleItem,
  Score,
  SmokingPhase,
  Source,
  TobaccoStep,
} from '../../../../contract/knowledge';
import type { Finding, KnownAnswer } from '../../../../contract/twin';
import type { Say } from './words';

export const STEPS = ['ask', 'assess', 'advise', 'arrange', 'assist'] as const;
export type StepName = (typeof STEPS)[number];
export type StepState = 'open' | 'stale' | 'to-sign' | 'done' | 'skipped';
export type OrderKind = 'ct' | 'pet-ct' | 'tissue' | 'surgery' | 'referral';
export type Due = 'none' | 'planned' | 'now' | 'overdue';
/** The name under which the smoking history is sent. */
export const PHASES = 'smoking_phases';
export const READY = 'ready_to_quit';

export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface Question {
  readonly name: string;
  readonly label: Text;
  readonly plain: Text;
  readonly to: 'patient' | 'images' | 'record';
  readonly help?: Text | null;
  readonly kind: 'number' | 'yes-no' | 'choice';
  readonly unit?: string | null;
  readonly choices: readonly ChoiceOption[];
  readonly asked_by: readonly string[];
  readonly answer?: Answer | null;
  readonly not_known: boolean;
  /** Whether it matters and has no answer yet. */
  readonly matters: boolean;
  /** What the record knows. */
  readonly record?: KnownAnswer;
  /** Why the record does not know it. */
  readonly unknown?: Text;
}

export interface Smoking {
  readonly smokes_now: boolean | null;
  readonly phases: readonly SmokingPhase[];
  readonly pack_years?: Answer | null;
  readonly items: readonly (ScaleItem & { readonly answer?: Answer | null })[];
  readonly score?: Score | null;
  readonly five_a?: FiveA | null;
  readonly ready_to_quit?: boolean | null;
}

export interface Advice {
  readonly guideline: string | null;
  readonly outcome: string | null;
  readonly category?: string;
  readonly rule?: string;
  readonly needs_confirmation: boolean;
  readonly doctor: Text | null;
  readonly patient: Text | null;
  readonly note: string;
  readonly tobacco: boolean;
  readonly ready_to_quit: boolean | null;
  readonly by: Person;
}

export interface Window {
  readonly from: string;
  readonly until: string | null;
}

export interface Decision extends Window {
  readonly n: number;
  readonly step: OrderKind;
  readonly label: Text;
  readonly every_months?: number;
  readonly last?: string;
  readonly optional: boolean;
  readonly added: boolean;
  readonly ordered: boolean;
  readonly reason?: string;
  readonly done?: readonly string[];
  readonly visit?: { readonly start: string; readonly end: string };
  readonly due: Due;
}

export interface Criterion {
  readonly id: string;
  readonly direction: 'up' | 'down';
  readonly label: Text;
  readonly needs_confirmation: boolean;
  readonly suggested: boolean;
}

export interface ArrangeStep {
  readonly origin: { readonly day: string; readonly of: 'scan' | 'assessment' };
  /** The day that it is where the hospital is. */
  readonly today: string;
  readonly proposals: readonly Decision[];
  readonly decisions?: readonly Decision[] | null;
  readonly levels: {
    readonly levels: readonly { readonly id: string; readonly label: Text }[];
    readonly criteria: readonly Criterion[];
    readonly citation: string;
  };
}

export interface Referral {
  readonly direction: 'up' | 'down';
  readonly from_level: string;
  readonly to_level: string;
  readonly criterion: string;
  readonly note: string;
}

export interface Conflict {
  readonly name: string;
  readonly yours: unknown;
  readonly theirs: unknown;
  readonly theirs_from?: Source;
}

export interface Fact {
  readonly reference: string;
  readonly version: number;
  readonly sequence: number;
  readonly at: string;
}

export interface Course {
  readonly id: string;
  readonly patient: Person;
  readonly at: string;
  readonly by: Person;
  readonly state: 'draft' | 'active' | 'completed' | 'revoked';
  readonly steps: readonly { readonly name: StepName; readonly state: StepState; readonly reason?: string | null }[];
  readonly questions: readonly Question[];
  readonly smoking: Smoking;
  readonly assessed?: { readonly at: string; readonly by: Person } | null;
  readonly models: readonly Assessment[];
  readonly guidelines: readonly Recommendation[];
  readonly advice?: Advice | null;
  /** What was concluded about the patient since the programme was opened. */
  readonly decided: readonly Finding[];
  readonly arrangement: ArrangeStep;
  readonly referral?: Referral | null;
  readonly letter?: readonly { readonly title: Text; readonly lines: readonly Text[] }[] | null;
  readonly deviations: readonly { readonly place: string; readonly label: Text; readonly reason: string; readonly by: Person }[];
  readonly digest: string;
  readonly signature?: { readonly name: string; readonly at: string } | null;
  readonly taught?: { readonly understood: 'yes' | 'partly' | 'no'; readonly note: string; readonly by: Person } | null;
  readonly proof: readonly Fact[];
  /** Answers that were not taken, with an answer to `answers`. */
  readonly conflicts?: readonly Conflict[];
}

/** The plan as its patient reads it. */
export interface OwnPlan {
  readonly id: string;
  readonly for_patient: true;
  readonly patient: Person;
  readonly advice?: Text | null;
  readonly note?: string | null;
  readonly plan: readonly {
    readonly label: Text;
    readonly plain: Text;
    readonly from: string;
    readonly until: string | null;
    readonly every_months: number | null;
    readonly last: string | null;
    readonly due: 'planned' | 'now' | 'overdue' | 'done';
    readonly visit: { readonly start: string; readonly end: string } | null;
  }[];
  readonly tobacco?: readonly TobaccoStep[] | null;
  readonly referral?: { readonly to: Text; readonly direction: 'up' | 'down' } | null;
  readonly doctor?: string | null;
  readonly signed_at?: string | null;
}

/** A programme in a list. */
export interface Row {
  readonly id: string;
  readonly patient: Person;
  readonly at: string;
  readonly by: Person;
  readonly state: Course['state'];
  readonly orders: readonly { readonly label: Text; readonly from: string; readonly until: string | null; readonly due: Due }[];
}

/** An answer that waits on the device, and the one that was seen when it was given. */
export interface Unsent {
  readonly value: AnswerValue | null | readonly SmokingPhase[];
  readonly base: AnswerValue | null | readonly SmokingPhase[];
}

/** What each part of the page works with. */
export interface Part {
  readonly of: Course;
  readonly me: string;
  readonly language: Language;
  readonly say: Say;
  readonly busy: boolean;
  /** No line: what is shown is what was kept on the device. */
  readonly offline: boolean;
  readonly unsent: Readonly<Record<string, Unsent>>;
  /** Whether somebody who may decide looks at it. */
  readonly decides: boolean;
  answer(name: string, value: Unsent['value']): Promise<void>;
  /** Does an act; whether it was done. A refusal is shown above. */
  act(step: string, body?: unknown): Promise<boolean>;
}

/** The state of a step. */
export function stateOf(course: Course, step: StepName): StepState {
  return course.steps.find(({ name }) => name === step)?.state ?? 'open';
}

/** The answer that counts for the person who looks: what waits here, else what the server has. */
export function answerOf(part: Part, question: { name: string; answer?: Answer | null }): AnswerValue | undefined {
  const waiting = part.unsent[question.name];
  if (waiting === undefined) return question.answer?.value;
  return waiting.value === null || typeof waiting.value === 'object' ? undefined : (waiting.value as AnswerValue);
}

/** The smoking history that counts for the person who looks. */
export function phasesOf(part: Part): readonly SmokingPhase[] {
  const waiting = part.unsent[PHASES]?.value;
  return Array.isArray(waiting) ? (waiting as readonly SmokingPhase[]) : part.of.smoking.phases;
}
