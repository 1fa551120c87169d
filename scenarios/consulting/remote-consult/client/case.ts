/** The case as the server shows it to this person: see the README. What is blind is not sent. */
import type { Agreement, AnswerValue, Assessment, ChoiceOption, Recommendation, Source } from '../../../../contract/knowledge';
import type { Change, NoduleKind, Verdict } from '../../../../contract/nodule';
import type { Zone } from '../../../../client/core/dates';
import type { Text } from '../../../../client/core/language';
import type { Answers } from './answers';

export const OPINIONS = ['benign', 'indeterminate', 'malignant'] as const;
export type Opinion = (typeof OPINIONS)[number];

export const MANAGEMENTS = [
  'no-follow-up',
  'ct-12-months',
  'ct-6-12-months',
  'ct-3-6-months',
  'ct-3-months',
  'pet-ct',
  'biopsy',
  'resection',
  'non-surgical-treatment',
] as const;
export type Management = (typeof MANAGEMENTS)[number];

export interface Missing {
  readonly input: string;
  readonly why: Text;
}

export interface Question {
  readonly name: string;
  readonly label: Text;
  readonly help?: Text | null;
  readonly kind: 'number' | 'yes-no' | 'choice';
  readonly unit?: string | null;
  readonly choices: readonly ChoiceOption[];
  readonly asked_by: readonly { readonly model: string; readonly range: readonly (number | null)[] }[];
  readonly answer?: { readonly value: AnswerValue; readonly source?: Source } | null;
  /** Why the record does not answer it. */
  readonly unknown?: Text;
}

/** Before all have voted: what the model still misses, and no number. */
export interface Sealed {
  readonly model: string;
  readonly title: Text;
  readonly result: { readonly state: 'sealed' } | { readonly state: 'not-assessable'; readonly missing: readonly Missing[] };
}

/** Before all have voted: whether the guideline can speak, and no advice. */
export interface SealedGuideline {
  readonly guideline: string;
  readonly title: Text;
  readonly result:
    | { readonly state: 'sealed' }
    | { readonly state: 'not-applicable'; readonly why: readonly Text[] }
    | { readonly state: 'not-assessable'; readonly missing: readonly Missing[] };
}

export interface Vote {
  readonly opinion: Opinion;
  readonly management: Management;
  readonly probability?: number;
  readonly comment: string;
}

export interface Participant {
  readonly id: string;
  readonly name: string;
  readonly part: 'asks' | 'expert' | 'invited';
  readonly standing: 'asked' | 'takes-part' | 'left';
  readonly voted: boolean;
  readonly signed: boolean;
}

export interface Plan {
  readonly version: number;
  readonly text: string;
  readonly management: Management;
  readonly dissents: readonly { readonly id: string; readonly name: string; readonly text: string }[];
  readonly by: string;
  readonly at: string;
  readonly digest: string;
  readonly signatures: readonly { readonly id: string; readonly name: string; readonly at: string; readonly minutes: number | null }[];
}

/** Somebody's time to speak. */
export interface Slot {
  readonly id: string;
  readonly name: string;
  readonly from: string;
  readonly until: string;
}

/** The round of speaking, with the server's time when it was asked. */
export interface Turn {
  readonly minutes: number;
  readonly now: string;
  /** Who speaks now, then who is next. */
  readonly slots: readonly Slot[];
}

export interface Entry {
  readonly kind: 'said' | 'decided' | 'act';
  readonly act?: string;
  readonly text: string;
  readonly by: { readonly id: string; readonly name: string };
  readonly at: string;
}

export const OUTCOMES = ['benign', 'malignant', 'unknown'] as const;
export const EVIDENCE = ['pathology', 'resolved', 'stable-on-imaging', 'growth-on-imaging', 'clinical-course', 'none'] as const;

export interface Outcome {
  readonly found: (typeof OUTCOMES)[number];
  readonly evidence: (typeof EVIDENCE)[number];
  readonly day: string;
  readonly note: string;
  readonly by: { readonly name: string };
  readonly at: string;
}

/** A line of the summary. */
export interface Line {
  readonly text: Text;
  readonly source: string;
  readonly day?: string;
}

/** What a lesion measured in one study, and what says so. */
export interface Size {
  readonly day: string | null;
  readonly kind: NoduleKind;
  readonly mean_diameter_mm: number;
  readonly volume_mm3: number;
  readonly source: string;
  readonly object: string;
}

/** A lesion that is known by its DICOM Tracking UID, and what became of it. */
export interface Tracked {
  readonly tracking_uid: string;
  readonly label: string;
  readonly prior: Size | null;
  readonly current: Size;
  readonly in_newest: boolean;
  readonly verdict: Verdict | null;
  readonly why: Text | null;
  readonly interval_days: number | null;
  readonly volume: Change | null;
  readonly vdt_days: number | null;
}

/** The case in one minute. */
export interface Summary {
  readonly patient: { readonly id: string; readonly name: string };
  readonly at: string;
  /** By which days begin. */
  readonly time_zone: Zone;
  readonly who: readonly Line[];
  readonly known: readonly Line[];
  readonly lesions: readonly Line[];
  readonly timeline: readonly Line[];
  readonly findings: readonly Line[];
  readonly changed: readonly Line[];
  readonly tracked: readonly Tracked[];
  readonly open: readonly Line[];
}

export interface Fact {
  readonly reference: string;
  readonly version: number;
  readonly sequence: number;
  readonly at: string;
}

/** What the hospital has set where no source gives a number. */
export interface Settings {
  /** How long a reply is waited for. */
  readonly reply: { readonly hours: number; readonly needs_confirmation: boolean } | null;
  /** After how many months of its plan it is asked what came of the case. */
  readonly outcome_months: number | null;
  readonly outcome_needs_confirmation: boolean;
}

export interface Case {
  readonly id: string;
  readonly patient: { readonly id: string; readonly name: string };
  readonly reason: string;
  readonly step: 'asked' | 'declined' | 'withdrawn' | 'voting' | 'planning' | 'signed';
  readonly ended_because?: string | null;
  readonly participants: readonly Participant[];
  readonly questions: readonly Question[];
  readonly answers_locked: boolean;
  readonly models: readonly (Sealed | Assessment)[];
  readonly guidelines: readonly (SealedGuideline | Recommendation)[];
  /** Whether the guidelines agree on what comes next; null before all have voted. */
  readonly agreement: Agreement | null;
  readonly own_vote?: Vote | null;
  readonly votes?: readonly { readonly id: string; readonly name: string; readonly vote: Vote }[] | null;
  readonly plan?: Plan | null;
  readonly turn: Turn | null;
  readonly minutes: { readonly entries: readonly Entry[]; readonly final: boolean };
  readonly outcome: Outcome | null;
  /** The day from which on it is asked what came of the case. */
  readonly outcome_due: string | null;
  /** Whether that day has come, where the hospital is. */
  readonly outcome_asked: boolean;
  readonly settings: Settings;
  readonly proof: readonly Fact[];
}

/** What each part of the panel works with. */
export interface Part {
  readonly of: Case;
  readonly me: string;
  readonly busy: boolean;
  readonly answers: Answers;
  /** Does an act; whether it was done. A refusal is shown above. */
  act(method: 'post' | 'put', step: string, body?: unknown): Promise<boolean>;
}

/** Those who vote and sign. */
export function votersOf(now: Case): readonly Participant[] {
  return now.participants.filter(({ part, standing }) => part !== 'invited' || standing === 'takes-part');
}

/** Whether an assessment or a recommendation has been opened. */
export function isOpened<Opened extends Assessment | Recommendation>(
  one: Sealed | SealedGuideline | Opened,
): one is Opened {
  return 'trace' in one;
}
