/** The images of a patient that can stand in a room, one at a time. */
import type { Api } from './api';
import type { PatientTwin, SeriesRow, StudyRow } from './hospital';
import { canStand } from './hospital';
import type { RoomControl } from './room-control';
import { manifestOf } from './series-volume';

export interface Lying {
  readonly study: StudyRow;
  readonly series: SeriesRow;
}

export async function lyingOf(api: Api, patient: string): Promise<Lying[]> {
  const twin = await api.get<PatientTwin>(`/api/patients/${encodeURIComponent(patient)}/twin`);
  return twin.studies.flatMap((study) => study.series.filter(canStand).map((series) => ({ study, series })));
}

/** Takes a series from the shelf, for everybody; what stands there lies on it then. */
export async function takeFromShelf(control: RoomControl, series: string): Promise<void> {
  // The room can show only what the hospital has made a volume of.
  await manifestOf(series, new AbortController().signal);
  control.take(series);
}
