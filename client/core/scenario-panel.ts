/**
 * What a scenario's panel is given by the room it is opened in.
 * A scenario exports it by default: `export default function Panel(props: ScenarioPanelProps)`.
 */
import type { JSX } from 'solid-js';
import type { Api } from './api';
import type { Language } from './language';

/** Who has signed in. */
export interface Me {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** The patient that this person is, if any. */
  readonly patient?: string;
  /**
   * Long not asked for by the server: this device may take answers, and shows nothing that was known. Said by the
   * device, never by the server.
   */
  readonly answersOnly?: true;
}

/** Somebody who is in the room now. */
export interface Participant {
  readonly id: string;
  readonly name: string;
  readonly here: boolean;
}

/** What a panel may do to the stage beside it; every call is an act that the server decides. */
export interface StageHandle {
  /** Moves the slices to this point of the patient, in LPS millimetres. */
  lookAt(point_lps_mm: readonly [number, number, number]): void;
  /** Shows the lesion with this id, if the volume has it. */
  showLesion(id: string): void;
}

export interface ScenarioPanelProps {
  readonly roomId: string;
  readonly caseId: string;
  readonly patientId: string;
  readonly me: Me;
  readonly language: Language;
  /** The typed HTTP client; problem documents become `ApiError`. */
  readonly client: Api;
  readonly participants: readonly Participant[];
  readonly stage?: StageHandle;
  /** Counts up whenever the server says that the case changed: read it again then. */
  readonly caseVersion: number;
  /** Says something to those who listen to the page rather than see it. */
  announce(text: string): void;
}

/**
 * What a scenario's own page is given, where it has one: `client/page.tsx`, exported by default. It is shown at
 * `/scenarios/{id}` and, with what stands behind that in the address, at `/scenarios/{id}/{within}`. The build keeps
 * such pages on the device, so that they start without a line.
 */
export interface ScenarioPageProps {
  readonly within: string | undefined;
}

/** The shape of a scenario's `client/page.tsx`. */
export interface ScenarioPageModule {
  readonly default: (props: ScenarioPageProps) => JSX.Element;
}

/** The shape of a scenario's `client/index.tsx`. */
export interface ScenarioModule {
  readonly default: (props: ScenarioPanelProps) => JSX.Element;
}
