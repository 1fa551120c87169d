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
  readonly name: string | null;
  readonly sex: string | null;
  readonly birth_date: string | null;
  readonly age?: number | null;
  readonly mrn: string | null;
  readonly studies: readonly StudyRow[];
  readonly relation: 'care-team' | 'self' | 'consult';
}

/** Whether a patient is meant by what was typed. */
export function matches(patient: PatientRow, typed: string): boolean {
  const wanted = typed.trim().toLocaleLowerCase();
  return [patient.name, patient.mrn].some((text) => (text ?? '').toLocaleLowerCase().includes(wanted));
}

/** Something that a person is waiting for this person to do. */
export interface Waiting {
  readonly kind:
    | 'consult-request'
    | 'consult-open'
    | 'sign'
    | 'programme-open'
    | 'outcome-due'
    | 'follow-up-due'
    | 'follow-up-overdue'
    | 'alert'
    | 'referral'
    | 'visit';
  readonly id: string;
  readonly room: string;
  /** The page where it is done, if not in the room. */
  readonly path?: string;
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

/** A room of the hospital itself, in which people meet and nobody's twin stands. */
export interface GatheringCard {
  readonly id: string;
  readonly room: RoomKind;
  readonly title: Text;
}

/** How much of a room is open, of all that it has or will have: scenarios, and what leads elsewhere, which always is. */
export function openIn(scenarios: readonly Pick<ScenarioCard, 'state'>[], doors: number): { readonly n: number; readonly all: number } {
  return { n: doors + scenarios.filter(({ state }) => state === 'open').length, all: doors + scenarios.length };
}

export interface Home {
  readonly me: Me;
  readonly patients: readonly PatientRow[];
  readonly waiting: readonly Waiting[];
  readonly scenarios: readonly ScenarioCard[];
  /** Those in which one may be. */
  readonly gatherings: readonly GatheringCard[];
}

/** Where an answer comes from. */
export interface Source {
  /** `Patient/x`, `Observation/y`, `series/<uid>`, or `actor/<account>`. */
  readonly reference: string;
  /** How it became the answer. */
  readonly how?: string | null;
  readonly at?: string | null;
}

/** What the record says to one question of the models. */
export type TwinAnswer =
  | {
      readonly state: 'known';
      readonly value: string | number | boolean;
      readonly unit?: string | null;
      readonly source: Source;
      readonly certainty: 'recorded' | 'measured' | 'derived';
    }
  | { readonly state: 'unknown'; readonly why: Text };

/** A lesion as it was marked and measured. */
export interface TwinLesion {
  readonly series: string;
  readonly id: string;
  readonly label: Text;
  readonly source: string;
  readonly volume_mm3: number;
  readonly long_axis_mm: number;
  readonly short_axis_mm: number;
  readonly mean_diameter_mm: number;
}

/** A signed report or an active plan. */
export interface Finding {
  /** The resource, such as `DiagnosticReport/x`. */
  readonly reference: string;
  readonly kind: string;
  readonly title: string;
  readonly conclusion?: string | null;
  readonly at?: string | null;
  /** The number of its entry in the ledger. */
  readonly sequence?: number | null;
}

/** A patient as the record knows them now; what is absent is not known. */
export interface PatientTwin {
  readonly id: string;
  readonly name?: string;
  readonly sex?: string;
  readonly birth_date?: string;
  readonly age?: number | null;
  readonly mrn?: string;
  readonly answers: Readonly<Record<string, TwinAnswer>>;
  readonly studies: readonly StudyRow[];
  readonly lesions: readonly TwinLesion[];
  readonly findings: readonly Finding[];
  /** By which days begin. */
  readonly time_zone?: string;
}

/** A question of a model, as `GET /api/assess` describes it. */
export interface Question {
  readonly name: string;
  readonly kind?: 'number' | 'yes-no' | 'choice';
  readonly label: Text;
  readonly unit?: string | null;
  readonly choices?: readonly { readonly id: string; readonly label: Text }[];
}

/** A model, as `GET /api/assess` describes it. */
export interface ModelCard {
  readonly id: string;
  readonly inputs: readonly Question[];
}

/** All questions of the models, each once. */
export function questionsOf(cards: readonly ModelCard[]): ReadonlyMap<string, Question> {
  return new Map(cards.flatMap(({ inputs }) => inputs.map((question) => [question.name, question] as const)));
}

/** Where the source itself can be opened, if anywhere. */
export function sourceAddress(reference: string): string | undefined {
  return /^[A-Z][A-Za-z]+\/[^/]+$/.test(reference) ? `/fhir/${reference}` : undefined;
}

/** A member of staff who can be asked. */
export interface StaffRow {
  readonly id: string;
  readonly name: string;
}

/** A room that people may enter. */
export interface RoomInfo {
  readonly id: string;
  /** Whose twin stands there; nobody's in a room of the hospital itself. */
  readonly patient: string | null;
  /** The series that stands in it, if any. */
  readonly series?: string | null;
  readonly case?: string | null;
  readonly title: Text | string;
  /** The scenario that it belongs to; its panel is shown beside the stage. */
  readonly scenario?: string | null;
}

/** The rules of conduct in rooms, and when one agreed to them. */
export interface Conduct {
  readonly version: string;
  readonly rules: readonly Text[];
  readonly agreed: string | null;
}

/** Where a figure or a choice leads when it is opened. */
export function roomPath(id: string): string {
  return `/rooms/${encodeURIComponent(id)}`;
}

/** The recordings of a room, or one of them. */
export function recordingPath(room: string, recording?: number): string {
  const one = recording === undefined ? '' : `/${recording}`;
  return `${roomPath(room)}/recordings${one}`;
}

/** A recording at the moment in which everybody saw an act. */
export function replayPath(room: string, recording: number, act: number): string {
  return `${recordingPath(room, recording)}?act=${act}`;
}

/** What was done in the recorded rooms of a patient. */
export function recordedPath(patient: string): string {
  return `${patientPath(patient)}/recordings`;
}

/** The page of one patient. */
export function patientPath(id: string): string {
  return `/patients/${encodeURIComponent(id)}`;
}

/** The pictures of one study. */
export function studyAddress(study: string): string {
  return `/imaging/${encodeURIComponent(study)}`;
}

/** All images of a study; outlines, reports and the like are none. */
export function imagesIn(study: StudyRow): number {
  return study.series.filter(isImages).reduce((sum, series) => sum + series.images, 0);
}

/** What DICOM files among the series without being images that a room could show. */
const NO_IMAGES: ReadonlySet<string> = new Set(['SEG', 'SR', 'PR', 'KO', 'RTSTRUCT']);

/** Whether a series has images to look at. */
export function isImages(series: SeriesRow): boolean {
  return !NO_IMAGES.has(series.modality ?? '');
}

/** What was taken off a screen, as pictures of rooms are, has no place in the body. */
const OFF_A_SCREEN = 'OT';

/** Whether a series has images that could stand in a room. */
export function canStand(series: SeriesRow): boolean {
  return isImages(series) && series.modality !== OFF_A_SCREEN;
}
