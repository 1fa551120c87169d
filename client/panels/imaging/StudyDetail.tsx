/** What a study holds: its series with small pictures, and what one can do with it. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { seriesOfStudy } from '../../core/dicom/dicom-web';
import type { Series, Study } from '../../core/dicom/dicom-web';
import { patientPath, studyAddress } from '../../core/hospital';
import { createQuery } from '../../core/query';
import { Link } from '../../core/router';
import { Answer } from '../Answer';
import { Icon } from '../Icon';
import { AttachButton, DocumentList, createDocuments } from './Documents';
import { DownloadButton } from './DownloadButton';
import { ShareButton } from './ShareDialog';
import { createStudyInfo } from './study-info';
import { Thumbnail } from './Thumbnail';

interface StudyDetailProps {
  readonly study: Study;
  readonly onPatient: ((id: string) => void) | undefined;
}

export function StudyDetail(props: StudyDetailProps): JSX.Element {
  /** What asks for this patient's studies only, where the patient has a number. */
  const toPatient = (): (() => void) | undefined => {
    const [{ patientId }, { onPatient }] = [props.study, props];
    return patientId === undefined || !onPatient ? undefined : () => onPatient(patientId);
  };
  const app = useApp();
  const series = createQuery<readonly Series[]>(() => {
    const { uid } = props.study;
    return (signal) => seriesOfStudy(uid, signal);
  });
  const info = createStudyInfo(() => props.study.uid);
  const documents = createDocuments(() => props.study.uid);
  return (
    <div class="study-detail">
      <Answer of={series} lines={3}>
        {(every) => {
          // Documents have a list of their own, where they can be opened.
          const all = (): readonly Series[] => every().filter((one) => one.modality !== 'DOC' || (documents.data() ?? []).length === 0);
          return (
            <Show when={all().length > 0} fallback={<p class="soft small">{app.t('imaging.seriesNone')}</p>}>
              <ul class="series-strip">
                <For each={all()}>{(one) => <SeriesCard series={one} />}</For>
              </ul>
            </Show>
          );
        }}
      </Answer>
      <DocumentList study={props.study.uid} of={documents} />
      <div class="row">
        <Link class="button small primary" href={studyAddress(props.study.uid)}>
          <Icon name="image" size={16} />
          {app.t('imaging.open')}
        </Link>
        <Show when={info.data()}>
          {(known) => (
            <Link class="button small" href={patientPath(known().patient)}>
              <Icon name="people" size={16} />
              {app.t('imaging.patientPage')}
            </Link>
          )}
        </Show>
        <Show when={toPatient()}>
          {(show) => (
            <button type="button" class="button small" onClick={() => show()()}>
              <Icon name="search" size={16} />
              {app.t('imaging.thisPatient')}
            </button>
          )}
        </Show>
        <DownloadButton study={props.study.uid} />
        <ShareButton study={props.study.uid} />
        <Show when={info.data()?.store}>
          <AttachButton study={props.study.uid} of={documents} />
        </Show>
      </div>
    </div>
  );
}

/** A series in a few words. */
export function seriesWords(app: ReturnType<typeof useApp>, series: Series): string {
  return series.description ?? (series.number === undefined ? app.t('patient.seriesUnnamed') : `${app.t('imaging.series')} ${series.number}`);
}

function SeriesCard(props: { series: Series }): JSX.Element {
  const app = useApp();
  const inside = (): JSX.Element => (
    <>
      <Thumbnail series={props.series} />
      <span class="series-card-words">
        <strong>{seriesWords(app, props.series)}</strong>
        <span class="soft small">
          {props.series.modality ?? '—'} · {app.t('imaging.imageCount', { n: props.series.images })}
        </span>
      </span>
    </>
  );
  const address = (): string => `${studyAddress(props.series.study)}?series=${encodeURIComponent(props.series.uid)}`;
  return (
    <li>
      <Show when={props.series.kind === 'image'} fallback={<div class="series-card">{inside()}</div>}>
        <Link class="series-card" href={address()}>
          {inside()}
        </Link>
      </Show>
    </li>
  );
}
