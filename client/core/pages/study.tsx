/** One study in the viewer. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { Answer } from '../../panels/Answer';
import { EmptyState } from '../../panels/EmptyState';
import { ViewerFrame } from '../../panels/viewer/ViewerFrame';
import '../../styles/imaging.css';
import '../../styles/room.css';
import '../../styles/viewer.css';
import { ApiError } from '../api';
import { useApp } from '../app';
import { seriesOfStudy, studyByUid } from '../dicom/dicom-web';
import type { Series, Study } from '../dicom/dicom-web';
import { createQuery } from '../query';
import { Link } from '../router';

export interface OpenStudy {
  readonly study: Study;
  readonly series: readonly Series[];
}

export function StudyPage(props: { id: string }): JSX.Element {
  const app = useApp();
  const found = createQuery<OpenStudy>(() => {
    const uid = props.id;
    return async (signal) => {
      const [study, series] = await Promise.all([studyByUid(uid, signal), seriesOfStudy(uid, signal)]);
      if (!study) throw new ApiError('not-found', 404, '', undefined, undefined);
      return { study, series };
    };
  });
  const absent = (): boolean => ['refused', 'not-found', 'invalid'].includes(found.error()?.kind ?? '');
  return (
    <Show
      when={!absent()}
      fallback={
        <div class="panel narrow" role="alert">
          <h1 class="for-listeners">{app.t('viewer.absent')}</h1>
          <EmptyState icon="alert" title={app.t('viewer.absent')} hint={app.explain(found.error())}>
            <Link href="/imaging" class="button">
              {app.t('viewer.leave')}
            </Link>
          </EmptyState>
        </div>
      }
    >
      <Answer of={found} lines={6}>
        {(answer) => <ViewerFrame study={answer().study} series={answer().series} />}
      </Answer>
    </Show>
  );
}
