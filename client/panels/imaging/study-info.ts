/** What the hospital says of a study besides DICOM. */
import { useApp } from '../../core/app';
import { createQuery } from '../../core/query';
import type { Query } from '../../core/query';

export interface StudyInfo {
  /** The patient's id in the record. */
  readonly patient: string;
  /** Whether the person may add to the study. */
  readonly store: boolean;
}

export function createStudyInfo(study: () => string): Query<StudyInfo> {
  const app = useApp();
  return createQuery<StudyInfo>(() => {
    const path = `/api/imaging/studies/${encodeURIComponent(study())}`;
    return (signal) => app.api.get(path, { signal });
  });
}
