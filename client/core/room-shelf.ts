/** The images of a patient that can stand in a room, one at a time. */
import type { Api } from './api';
import type { PatientTwin, SeriesRow, StudyRow } from './hospital';
import { isImages } from './hospital';
import type { RoomControl } from './room-control';
import { manifestOf } from './series-volume';

export interface Lying {
  readonly study: StudyRow;
  readonly series: SeriesRow;
}

/** What was taken off a screen, as pictures of rooms are, has no place in the body. */
const OFF_A_SCREEN = 'OT';

export async function lyingOf(api: Api, patient: string): Promise<Lying[]> {
  const twin = await api.get<PatientTwin>(`/api/patients/${encodeURIComponent(patient)}/twin`);
  return twin.studies.flatMap((study) => study.series.filter((series) => isImages(series) && series.modality !== OFF_A_SCREEN).map((series) => ({ study, series })));
}

/** Takes a series from the shelf, for everybody; what stands there lies on it then. */
export async function takeFromShelf(control: RoomControl, series: string): Promise<void> {
  // The room can show only what the hospital has made a volume of.
  await manifestOf(series, new AbortController().signal);
  control.take(series);
}
