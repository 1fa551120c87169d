/** What the hospital finds in a follow-up: lists that were asked, the next steps, spirometry, the action plan. */
import type { Classified, CardInput, ScoreFound } from '../../../../contract/knowledge';
import type { Text } from '../../../../client/core/language';
import type { Assessed, Person, Value } from './course';

export interface Result {
  readonly id: string;
  /** The class or band; none where it cannot be decided. */
  readonly found: string | null;
  readonly said: Classified | ScoreFound;
}

export interface Asked {
  readonly questions: readonly CardInput[];
  readonly answers: Readonly<Record<string, { readonly value: Value; readonly source?: { readonly reference: string } }>>;
  /** What of it the patient is asked on their own page, and nobody has answered. */
  readonly of_patient: readonly string[];
  readonly results: readonly Result[];
  readonly at: string | null;
  readonly by: Person | null;
}

/** The stages of a programme of five. */
export const STAGES = ['ask', 'assess', 'advise', 'arrange', 'assist'] as const;

export interface NextStep {
  readonly id: string;
  /** None where its plan is of no programme. */
  readonly stage: (typeof STAGES)[number] | null;
  readonly say: Text;
  readonly criterion: string | null;
  readonly citation: string | null;
  readonly needs_confirmation: boolean;
}

export type Level = 'usual' | 'worse' | 'emergency';

export interface ActionPlan {
  readonly levels: readonly { readonly level: Level; readonly general: Text; readonly own: string | null }[];
  readonly by: Person | null;
  readonly at: string | null;
}

export type Measure = 'fev1' | 'fvc' | 'ratio';

export interface Grade {
  readonly grade: string;
  readonly acceptable: number;
  readonly best_l: number | null;
  readonly between_l: number | null;
  readonly needs_confirmation: boolean;
}

export interface Predicted {
  readonly citation: string;
  readonly needs_confirmation: boolean;
  readonly unit: string;
  readonly median: number;
  readonly lower_limit: number;
  readonly value?: number;
  readonly z_score?: number;
  readonly percent?: number;
}

export interface Expected {
  readonly equations: string;
  readonly measure: Measure;
  readonly result: Assessed<Predicted>;
  readonly severity: { readonly id: string; readonly label: Text } | null;
}

type Judged = 'acceptable' | 'usable' | 'not-acceptable';

export interface Blow {
  readonly measured: {
    readonly fev1_l: number;
    readonly fvc_l: number;
    readonly pef_l_s: number;
    readonly back_extrapolated_l: number;
    readonly expiration_s: number;
  };
  readonly judged: { readonly fev1: Judged; readonly fvc: Judged; readonly against: readonly Text[]; readonly not_judged: readonly Text[] };
  /** Volume in litres and flow in litres a second. */
  readonly curve: readonly (readonly [number, number])[];
}

export interface Blows {
  readonly blows: readonly Blow[];
  readonly fev1: Grade | null;
  readonly fvc: Grade | null;
  readonly best: readonly { readonly measure: Measure; readonly value: number | null }[];
  readonly expected: readonly Expected[];
  /** What is missing to judge it. */
  readonly missing?: { readonly input: string; readonly why: Text };
}

export interface Change {
  readonly measure: Measure;
  readonly change: Assessed<{ readonly percent_of_predicted: number | null; readonly percent_of_baseline: number; readonly millilitres: number }> | null;
  readonly by: readonly Classified[];
}

export interface SessionShort {
  readonly day: string;
  readonly by: Person;
  readonly after: boolean;
  readonly grade: string | null;
  readonly fev1_l: number | null;
  readonly fvc_l: number | null;
  readonly percent: number | null;
  readonly z_score: number | null;
}

export interface SessionWhole {
  readonly day: string;
  readonly by: Person;
  /** The spirometer that sent the curves. */
  readonly device: string | null;
  readonly person: { readonly sex: string | null; readonly age_years: number | null; readonly height_cm: number | null; readonly group: string | null };
  readonly before: Blows | null;
  readonly after: Blows | null;
  readonly changes: readonly Change[];
  readonly grades: readonly GradesBy[] | null;
}

/** Grades after a bronchodilator, by one set of equations. */
export interface GradesBy {
  readonly equations: string;
  readonly title: Text;
  readonly by: readonly Classified[];
}

export interface Spirometry {
  /** The oldest first. */
  readonly sessions: readonly SessionShort[];
  readonly last: SessionWhole | null;
  readonly quality: { readonly title: Text; readonly needs_confirmation: boolean };
  readonly equations: readonly { readonly id: string; readonly title: Text; readonly population: Text; readonly needs_confirmation: boolean }[];
  /** The equations by which classes are found. */
  readonly for_classes: string;
  /** Groups that GLI-2012 knows. */
  readonly groups: readonly string[];
}

/** A session as its patient reads it. */
export interface OwnSession {
  readonly day: string;
  readonly by: string;
  readonly device: string | null;
  /** Whether it is what was blown after a bronchodilator. */
  readonly after: boolean;
  readonly grade: string | null;
  /** Whether a person looked at each blow. */
  readonly checked: boolean;
  readonly measures: readonly { readonly measure: Measure; readonly value: number | null; readonly expected: Expected | null }[];
  /** The equations that it is compared by. */
  readonly equations: Text | null;
}

/** One way to ask, simulated. */
export interface WarnedWay {
  /** Whether the breathing rate is counted as well; none where no signs are counted. */
  readonly breathing_rate: boolean | null;
  /** From one report to the next; none where it is asked each day. */
  readonly every_days: number | null;
  readonly reported: string;
  readonly found: string;
  readonly delay_days: string;
  readonly for_nothing: string;
}
