/** What the hospital answers: docs/contracts.md, "HTTP for the client". */
import type { Text } from './language';
import type { Me } from './scenario-panel';

export type { Me };

/** One of the six rooms. */
export type RoomKind = 'consulting' | 'operating' | 'ward' | 'research' | 'teaching' | 'management';

/** The six rooms in the order in which a patient meets them. */
export const ROOM_KINDS: readonly RoomKind[] = [
  'consulting',
  'operating',
  'ward',
  'research',
  'teaching',
  'management',
];

export interface SeriesRow {
  readonly uid: string;
  readonly description: string;
  readonly images: number;
  readonly modality?: string;
}

export interface StudyRow {
  readonly uid: string;
  readonly modality: string;
  readonly description: string;
  readonly date: string;
  readonly series: readonly SeriesRow[];
}

export interface PatientRow {
  readonly id: string;
  readonly name: string;
  readonly sex: string;
  readonly birth_date: string;
  readonly age?: number | null;
  readonly mrn: string;
  readonly studies: readonly StudyRow[];
  readonly relation: 'care-team' | 'self' | 'consult';
}

/** Something that a person is waiting for this person to do. */
export interface Waiting {
  readonly kind: 'consult-request' | 'consult-open' | 'sign';
  readonly id: string;
  readonly room: string;
  readonly patient: { readonly id: string; readonly name: string };
  readonly from: { readonly id: string; readonly name: string };
  readonly reason: string;
  readonly at: string;
}

export interface ScenarioCard {
  readonly id: string;
  readonly room: RoomKind;
  readonly title: Text;
  readonly state: 'open' | 'planned';
}

export interface Home {
  readonly me: Me;
  readonly patients: readonly PatientRow[];
  readonly waiting: readonly Waiting[];
  readonly scenarios: readonly ScenarioCard[];
}

/** Where something that is shown comes from. */
export interface Source {
  readonly label: Text | string;
  /** An address below `/fhir` or `/dicom-web`. */
  readonly href?: string | null;
}

/** Something that the record knows and the models ask for. */
export interface KnownAnswer {
  readonly key: string;
  readonly label: Text;
  readonly value: string | number | boolean | null;
  readonly unit?: string | null;
  readonly at?: string | null;
  readonly source?: Source | null;
}

/** A lesion or another finding. */
export interface Finding {
  readonly id: string;
  readonly label: Text | string;
  readonly detail?: Text | string | null;
  readonly at?: string | null;
  readonly source?: Source | null;
}

/** Something that happened. */
export interface Happening {
  readonly at: string;
  readonly label: Text | string;
  readonly source?: Source | null;
}

/** A decision that people have signed. */
export interface SignedDecision {
  readonly id: string;
  readonly at: string;
  readonly title: Text | string;
  readonly plan: string;
  readonly signers: readonly string[];
  /** The number of its entry in the ledger. */
  readonly sequence?: number | null;
  readonly source?: Source | null;
}

/** A patient as the record knows them now. */
export interface PatientTwin {
  readonly id: string;
  readonly name: string;
  readonly sex: string;
  readonly birth_date: string;
  readonly age?: number | null;
  readonly mrn: string;
  readonly studies: readonly StudyRow[];
  readonly known: readonly KnownAnswer[];
  readonly findings: readonly Finding[];
  readonly timeline: readonly Happening[];
  readonly decisions: readonly SignedDecision[];
}

/** A member of staff who can be asked. */
export interface StaffRow {
  readonly id: string;
  readonly name: string;
}

/** A room that people may enter. */
export interface RoomInfo {
  readonly id: string;
  readonly patient: string;
  /** The series that stands in it, if any. */
  readonly series?: string | null;
  readonly case?: string | null;
  readonly title: Text | string;
  /** The scenario that it belongs to; its panel is shown beside the stage. */
  readonly scenario?: string | null;
}

/** Where a figure or a choice leads when it is opened. */
export function roomPath(id: string): string {
  return `/rooms/${encodeURIComponent(id)}`;
}

/** The page of one patient. */
export function patientPath(id: string): string {
  return `/patients/${encodeURIComponent(id)}`;
}

/** All images of a study. */
export function imagesIn(study: StudyRow): number {
  return study.series.reduce((sum, series) => sum + series.images, 0);
}
