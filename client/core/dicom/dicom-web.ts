/** DICOMweb as the client speaks it (PS3.18): addresses, searches, and the client's own views of the rows. */
import { ApiError, errorOf } from '../api';
import type { DataSet } from './json';
import { TAG, nameOf, numberOf, textOf, valuesOf } from './json';
import { kindOfModality } from './sop-class';
import type { ObjectKind } from './sop-class';

export const DICOM_WEB = '/dicom-web';
const JSON_TYPE = 'application/dicom+json';

/** A study in a list. */
export interface Study {
  readonly uid: string;
  readonly patientName: string | undefined;
  readonly patientId: string | undefined;
  readonly sex: string | undefined;
  readonly birthDate: string | undefined;
  readonly date: string | undefined;
  readonly time: string | undefined;
  readonly description: string | undefined;
  readonly accession: string | undefined;
  readonly modalities: readonly string[];
  readonly series: number | undefined;
  readonly images: number | undefined;
}

/** A series of a study. */
export interface Series {
  readonly study: string;
  readonly uid: string;
  readonly number: number | undefined;
  readonly modality: string | undefined;
  readonly description: string | undefined;
  readonly images: number;
  readonly kind: ObjectKind;
  readonly frameOfReference: string | undefined;
}

export function studyOf(row: DataSet): Study {
  return {
    uid: textOf(row, TAG.studyUid) ?? '',
    patientName: nameOf(row),
    patientId: textOf(row, TAG.patientId),
    sex: textOf(row, TAG.patientSex),
    birthDate: textOf(row, TAG.patientBirthDate),
    date: textOf(row, TAG.studyDate),
    time: textOf(row, TAG.studyTime),
    description: textOf(row, TAG.studyDescription),
    accession: textOf(row, TAG.accession),
    modalities: valuesOf(row, TAG.modalitiesInStudy).filter((one): one is string => typeof one === 'string'),
    series: numberOf(row, TAG.seriesInStudy),
    images: numberOf(row, TAG.instancesInStudy),
  };
}

export function seriesOf(row: DataSet): Series {
  const modality = textOf(row, TAG.modality);
  return {
    study: textOf(row, TAG.studyUid) ?? '',
    uid: textOf(row, TAG.seriesUid) ?? '',
    number: numberOf(row, TAG.seriesNumber),
    modality,
    description: textOf(row, TAG.seriesDescription),
    images: numberOf(row, TAG.instancesInSeries) ?? 0,
    kind: kindOfModality(modality),
    frameOfReference: textOf(row, TAG.frameOfReference),
  };
}

export const studyPath = (study: string): string => `${DICOM_WEB}/studies/${encodeURIComponent(study)}`;
export const seriesPath = (study: string, series: string): string =>
  `${studyPath(study)}/series/${encodeURIComponent(series)}`;
export const instancePath = (study: string, series: string, sop: string): string =>
  `${seriesPath(study, series)}/instances/${encodeURIComponent(sop)}`;

/** Asks for DICOM JSON; a search that finds nothing is an empty list. */
export async function dicomJson(path: string, signal?: AbortSignal): Promise<readonly DataSet[]> {
  let response: Response;
  try {
    response = await fetch(path, {
      headers: { accept: JSON_TYPE },
      credentials: 'same-origin',
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError('unreachable', 0, '', undefined, undefined);
  }
  if (response.status === 204) return [];
  if (!response.ok) throw await errorOf(response);
  const rows: unknown = await response.json();
  return Array.isArray(rows) ? (rows as DataSet[]) : [];
}

/** The series of a study, in the order of their numbers. */
export async function seriesOfStudy(study: string, signal?: AbortSignal): Promise<readonly Series[]> {
  const rows = await dicomJson(`${studyPath(study)}/series?limit=1000&includefield=FrameOfReferenceUID`, signal);
  return rows.map(seriesOf).sort((a, b) => (a.number ?? Infinity) - (b.number ?? Infinity) || a.uid.localeCompare(b.uid));
}

/** One study by its UID; `undefined` where it is not there or may not be seen. */
export async function studyByUid(study: string, signal?: AbortSignal): Promise<Study | undefined> {
  const [row] = await dicomJson(`${DICOM_WEB}/studies?StudyInstanceUID=${encodeURIComponent(study)}&limit=1&includefield=StudyDescription`, signal);
  return row && studyOf(row);
}

/** The other studies of the same patient, the newest first. */
export async function studiesOfPatient(patientId: string, signal?: AbortSignal): Promise<readonly Study[]> {
  // A wildcard in an identifier would find other patients too.
  const literal = patientId.replace(/[*?\\]/g, '?');
  const rows = await dicomJson(`${DICOM_WEB}/studies?PatientID=${encodeURIComponent(literal)}&limit=200&includefield=StudyDescription`, signal);
  return rows.map(studyOf).filter((study) => study.patientId === patientId);
}
