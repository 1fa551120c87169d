/** Follow-ups as the server shows them: see the README. */
import type { Zone } from '../../../../client/core/dates';
import type { Text } from '../../../../client/core/language';
import type { ActionPlan, Asked, NextStep, OwnSession, Spirometry, WarnedWay } from './found';

export type Value = number | boolean | string;
export type Answers = Readonly<Record<string, Value>>;
export type Due = 'planned' | 'now' | 'overdue';
/** Whether a report is; over: the plan has an end, and nothing comes before it any more. */
export type ReportDue = 'planned' | 'now' | 'overdue' | 'over';
export type Urgency = 'alert' | 'taken' | 'referred' | 'overdue' | 'step' | 'unclear' | 'over' | 'in-hospital' | 'fine' | 'ended';

export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface Named {
  readonly id: string;
  readonly title: Text;
}

export interface Question {
  readonly name: string;
  readonly label: Text;
  /** How it is put to a patient. */
  readonly plain: Text;
  readonly help: Text | null;
  readonly kind: 'number' | 'yes-no' | 'choice';
  readonly unit: Text | null;
  readonly whole: boolean;
  readonly choices: readonly { readonly id: string; readonly label: Text }[];
  readonly range: readonly [number | null, number | null];
}

export interface PlanSource {
  readonly citation: string;
  readonly year: number;
  readonly needs_confirmation: boolean;
}

export interface Order {
  readonly what: string;
  readonly from: string;
  readonly until: string | null;
  readonly due: Due;
}

/** What is to be known of a reading, by its name alone or with its figures. */
export type Mark = string | Readonly<Record<string, unknown>>;

/** A device of the patient's own that sent answers. */
export interface Sender {
  readonly id: string;
  readonly name: string;
  readonly measured: Readonly<Record<string, { readonly at: string; readonly marks?: readonly Mark[] }>>;
}

/** What a device sent today. */
export interface Received {
  /** The question that it answers. */
  readonly name: string;
  readonly value: number;
  readonly device: string;
  readonly at: string;
  readonly marks: readonly Mark[];
}

export interface Visit {
  readonly by: Person;
  readonly began: string;
  readonly ended?: string;
}

export interface NextReport {
  readonly day: string;
  readonly due: ReportDue;
}

/** A stretch of a plan in which reports are due by one rhythm. */
export interface SchedulePhase {
  readonly from: string;
  /** The day after its last one; none where it has no end. */
  readonly until: string | null;
  readonly every_days: number;
}

export type HoursFrom = 'machine' | 'signals' | 'asked';

export interface Night {
  readonly date: string;
  readonly hours: number | null;
  readonly hours_from: HoursFrom | null;
  readonly ahi: number | null;
  readonly leak_p95_l_min: number | null;
  /** The device at home that sent the leak; none where it is of files. */
  readonly leak_sent_by: string | null;
  readonly odi3: number | null;
  readonly odi4: number | null;
  readonly t90_percent: number | null;
  readonly lowest_spo2_percent: number | null;
  readonly mean_spo2_percent: number | null;
  /** Falls by 3 points or more. */
  readonly falls: number | null;
  readonly oximetry_h: number | null;
  /** The device at home that sent the saturation; none where it is of files. */
  readonly oximetry_sent_by: string | null;
  /** Seconds that the night's files lack, since they break off; 0 where they are whole, none where there are none. */
  readonly incomplete_s: number | null;
  /** Whether what happened in it can be asked for one by one. */
  readonly has_events: boolean;
  /** Valid hours of another recording of the night, which cannot be added to the one that counts. */
  readonly uncounted_h?: number | null;
}

/** A file of which not all could be taken. */
export interface BrokenFile {
  readonly path: string;
  readonly code: 'file-cut' | 'file-unreadable';
  readonly why: Text;
}

/** A night of which too little of a saturation is valid for an index, or for a night at all. */
export interface ShortNight {
  readonly date: string;
  readonly hours: number;
  readonly why: Text;
}

/** What could not be taken of files that were sent. */
export interface NightsRead {
  readonly broken: readonly BrokenFile[];
  /** Nights of which too little of a saturation is valid, where there are such. */
  readonly short?: readonly ShortNight[];
}

export type EventKind = 'obstructive-apnea' | 'central-apnea' | 'apnea' | 'hypopnea' | 'arousal';

/** What happened in a night, by the device's clock; a list that is none was not recorded. */
export interface NightEvents {
  readonly date: string;
  readonly recorded: readonly (readonly [string, string])[];
  readonly scored: readonly { readonly at: string; readonly lasts_s: number; readonly kind: EventKind }[] | null;
  readonly falls: readonly { readonly at: string; readonly lasts_s: number; readonly baseline: number; readonly lowest: number }[] | null;
  /** Whether there were more than are kept. */
  readonly is_cut: boolean;
}

export type Assessed<T> =
  | { readonly state: 'assessed'; readonly value: T }
  | { readonly state: 'not-assessable'; readonly missing: readonly { readonly input: string; readonly why: Text }[] };

export interface Nights {
  readonly nights: readonly Night[];
  readonly adherence: Assessed<string>;
  /** Whether a therapy device is used, so that its use counts. */
  readonly therapy: boolean;
  /** The newest night with oximetry. */
  readonly oximetry: Night | null;
  /** From so many valid hours of a saturation on indices are reckoned: a setting of the hospital. */
  readonly least_valid_h: number;
  /** From so many hours of use on a night counts, by the rule; what was kept before the hospital told it has none. */
  readonly counted_h?: number;
  readonly known: number;
  readonly counted: number;
  readonly rule: { readonly title: Text; readonly classes: readonly { readonly id: string; readonly label: Text }[] } | null;
}

export interface OwnReport {
  readonly at: string;
  readonly day: string;
  readonly by: string;
  /** None where a person wrote it. */
  readonly device: Sender | null;
  readonly answers: Answers;
}

/** A follow-up as its patient sees it. */
export interface OwnCourse {
  readonly id: string;
  readonly for_patient: true;
  readonly patient: Person;
  readonly plan: Named;
  readonly is_active: boolean;
  readonly doctor: string;
  readonly opened_at: string;
  readonly every_days: number;
  /** By what rhythms reports are due, in their order; what was kept before this was told has none. */
  readonly phases?: readonly SchedulePhase[];
  /** By which days begin; what was kept before the hospital told it has none. */
  readonly time_zone?: Zone;
  readonly next_report: NextReport;
  readonly questions: readonly Question[];
  /** What is asked once and nobody has answered. */
  readonly once: readonly Question[];
  readonly learn: readonly Text[];
  readonly action: ActionPlan;
  /** The newest first. */
  readonly reports: readonly OwnReport[];
  readonly received: readonly Received[];
  /** Devices of which something came today that does not count, since they say no time; of what was kept before, none. */
  readonly without_clock?: readonly string[];
  /** The newest alert. */
  readonly told: {
    readonly at: string;
    readonly state: 'open' | 'taken' | 'closed';
    readonly taken_by: string | null;
    /** Whether it only says that nothing was heard; what was kept before this was told says nothing. */
    readonly silent?: boolean;
  } | null;
  readonly orders: readonly Order[];
  readonly nights: Nights | null;
  /** The newest first; none where the plan measures no lung function. */
  readonly spirometry: readonly OwnSession[] | null;
  readonly visit: Visit | null;
  /** Since when the patient lies in hospital; what was kept before this was told says nothing. */
  readonly in_hospital?: string | null;
  /** An iCalendar file. */
  readonly calendar: string;
}

/** A report that the server does not have yet. */
export interface Unsent {
  readonly id: string;
  readonly at: string;
  readonly day: string;
  readonly answers: Answers;
  /** Why the server refused it for good. */
  readonly refused?: string;
  /** Why the account may not send it now: it is tried again. */
  readonly held?: string;
  /** Answered when nobody was signed in: it waits until the patient says that it is theirs. */
  readonly unclaimed?: true;
}

/** What is asked, without whom and without any answer. */
export type Form = Pick<OwnCourse, 'id' | 'questions' | 'time_zone'>;

/** An alert is open once more: what is worse than before, or nothing, where it was not ended in time. */
export interface Again {
  readonly at: string;
  readonly why?: readonly Text[];
  /** Who had taken it; none where it was handed over. */
  readonly held_by?: Person;
}

export interface Alert {
  readonly id: string;
  readonly raised_at: string;
  readonly why: readonly Text[];
  /** Since when nothing was heard, where that is told. */
  readonly silent: string | null;
  readonly state: 'open' | 'taken' | 'closed';
  readonly escalates_at: string;
  readonly escalated: boolean;
  readonly again: readonly Again[];
  readonly taken_by: Person | null;
  readonly taken_at: string | null;
  /** When one that was taken is open again. */
  readonly lapses_at: string | null;
  /** What was done; none in one that is over because the patient answered. */
  readonly outcome: string | null;
  readonly closed_at: string | null;
}

export interface Referral {
  readonly direction: 'up' | 'down';
  readonly criterion: string;
  readonly reason: string;
  readonly from: Person;
  readonly to: Person;
  /** The ids of the levels; what was written before they were asked for has none. */
  readonly from_level?: string;
  readonly to_level?: string;
  readonly at: string;
  readonly answered?: string;
  /** It was taken back before it was answered. */
  readonly withdrawn?: { readonly at: string; readonly by: Person; readonly reason: string };
}

/** A level of care. */
export interface CareLevel {
  readonly id: string;
  readonly label: Text;
}

/** A line of the work list. */
/** How follow-up runs, as those who run the hospital see it. */
export interface HomeFigures {
  /** For so many days what was raised or referred is counted. */
  readonly days: number;
  readonly figures: readonly { readonly of: string; readonly name: string; readonly value: number | null }[];
}

export interface Row {
  readonly id: string;
  readonly patient: Person;
  readonly plan: Named;
  /** By which days begin. */
  readonly time_zone?: Zone;
  readonly state: Urgency;
  readonly since: string;
  readonly first: Person;
  readonly alert: Alert | null;
  readonly referral: Referral | null;
  /** What was found and is a reason to refer up, where nothing more urgent is known. */
  readonly steps: readonly Text[];
  readonly next_report: NextReport;
  /** Since when the patient lies in hospital. */
  readonly in_hospital: string | null;
  readonly last_report: string | null;
  /** The device that sent it, where no person wrote it. */
  readonly last_device: string | null;
  readonly visit: Visit | null;
  /** Of the periods that are over, those with a report. */
  readonly adherence: { readonly periods: number; readonly reported: number };
}

export type Worse =
  | { readonly state: 'no' }
  | { readonly state: 'yes'; readonly why: readonly Text[] }
  | { readonly state: 'not-assessable'; readonly missing: readonly Text[] };

export interface Report {
  readonly at: string;
  readonly day: string;
  readonly heard: string;
  readonly by: string;
  readonly device: Sender | null;
  readonly answers: Answers;
  readonly worse: Worse;
}

export interface Period {
  readonly from: string;
  readonly reports: number;
  readonly goes_on: boolean;
}

/** Others answer for the follow-up since then. */
export interface Handover {
  readonly at: string;
  readonly by: Person;
  readonly reason: string;
  /** Who was told until then. */
  readonly first: Person;
  readonly second?: Person;
}

/** A follow-up as those who treat see it. */
export interface Course extends Row {
  readonly questions: readonly Question[];
  readonly every_days: number;
  /** Somebody is told where nothing was heard for more days than these after a report was due. */
  readonly silent_days: number;
  readonly learn: readonly Text[];
  /** The hospital's file that the plan comes from; none: it came with the program. */
  readonly own_plan: string | null;
  readonly sources: readonly PlanSource[];
  readonly escalate_after_min: number;
  readonly second: Person | null;
  /** Who else treats the patient, where no second person is named. */
  readonly team: readonly Person[] | null;
  /** Who is on the patient's care teams, while it goes on. */
  readonly treats: readonly Person[];
  /** Who answered before, in the order in which that changed. */
  readonly handovers: readonly Handover[];
  /** Single answers at which somebody is told. */
  readonly dangers: readonly Text[];
  readonly usual: Readonly<Record<string, number>>;
  readonly opened_at: string;
  readonly is_active: boolean;
  readonly ended: string | null;
  /** The newest first. */
  readonly reports: readonly Report[];
  readonly periods: readonly Period[];
  /** The newest first. */
  readonly alerts: readonly Alert[];
  readonly referrals: readonly Referral[];
  readonly visits: readonly Visit[];
  readonly criteria: readonly { readonly id: string; readonly direction: 'up' | 'down'; readonly label: Text }[];
  /** The levels of care, from the lowest. */
  readonly levels: readonly CareLevel[];
  readonly orders: readonly Order[];
  readonly nights: Nights | null;
  /** What those who treat ask beside the reports; none where the plan has no list. */
  readonly assess: Asked | null;
  readonly next: readonly NextStep[];
  /** The programme of five stages that the plan follows. */
  readonly programme: string | null;
  readonly spirometry: Spirometry | null;
  /** How well the warning of exacerbations does on made-up cohorts. */
  readonly warned: readonly WarnedWay[] | null;
  readonly action: ActionPlan;
}

/** What somebody sees who may not see the patient any more. */
export interface Gone {
  readonly id: string;
  readonly gone: true;
}

/** A blow that a spirometer sent. */
export interface SentBlow {
  /** When it began, in microseconds since 1970: its name. */
  readonly at_us: number;
  readonly at: string;
  readonly fev1_l: number;
  readonly fvc_l: number;
}

/** What a session of now could hold, the oldest first. */
export interface SentLately {
  readonly device: string;
  readonly blows: readonly SentBlow[];
}

export interface PlanChoice extends Named {
  /** The hospital's file that the plan comes from; none: it came with the program. */
  readonly own: string | null;
  readonly every_days: number;
  readonly silent_days: number;
  /** After so many minutes an alert that nobody took is a second person's as well. */
  readonly escalate_after_min: number;
  readonly usual: readonly Question[];
  readonly sources: readonly PlanSource[];
  /** Single answers at which somebody is told. */
  readonly dangers: readonly Text[];
}

export interface Plans {
  readonly plans: readonly PlanChoice[];
  readonly escalate_after_min: number;
}

export const COURSES = '/api/scenarios/follow-up/courses';

/** The address of a follow-up's call. */
export function coursePath(id: string, act = ''): string {
  return `${COURSES}/${encodeURIComponent(id)}${act}`;
}
