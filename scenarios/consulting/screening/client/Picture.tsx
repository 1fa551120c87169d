/** The slice with the lesion, marked: the patient's own picture. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dicomJson, seriesPath } from '../../../../client/core/dicom/dicom-web';
import { studyAddress } from '../../../../client/core/hospital';
import type { PatientTwin } from '../../../../client/core/hospital';
import type { Language } from '../../../../client/core/language';
import { createQuery } from '../../../../client/core/query';
import { Link } from '../../../../client/core/router';
import { Answer } from '../../../../client/panels/Answer';
import { Notice } from '../../../../client/panels/Notice';
import type { Lesion } from '../../../../contract/twin';
import { markOf, sliceOf } from './picture';
import type { Mark } from './picture';
import type { Say } from './words';

/** Lung window, as radiologists show nodules: centre −600 HU, width 1500. */
const WINDOW = '-600,1500';

interface Shown {
  readonly study: string;
  readonly series: string;
  readonly lesion: Lesion;
  readonly mark: Mark;
}

export function Picture(props: { patient: string; say: Say; language: Language }): JSX.Element {
  const app = useApp();
  const shown = createQuery<Shown | null>(() => {
    const patient = props.patient;
    return async (signal) => {
      const twin = await app.api.get<PatientTwin>(`/api/patients/${encodeURIComponent(patient)}/twin`, { signal });
      const lesions = twin.lesions as unknown as readonly Lesion[];
      const lesion = lesions.toSorted((a, b) => b.long_axis_mm - a.long_axis_mm)[0];
      const study = twin.studies.find(({ series }) => series.some(({ uid }) => uid === lesion?.series));
      if (!lesion || !study) return null;
      const all = await dicomJson(`${seriesPath(study.uid, lesion.series)}/metadata`, signal);
      const slices = all.map(sliceOf).filter((slice) => slice !== undefined);
      const mark = markOf(slices, lesion.centre_lps_mm, lesion.long_axis_mm);
      return mark ? { study: study.uid, series: lesion.series, lesion, mark } : null;
    };
  });
  const address = (one: Shown): string =>
    `${seriesPath(one.study, one.series)}/instances/${one.mark.slice.instance}/rendered?window=${WINDOW}`;
  return (
    <Answer of={shown} lines={4}>
      {(answer) => (
        <Show when={answer()} fallback={<Notice>{props.say('noPicture')}</Notice>}>
          {(one) => (
            <figure class="screen-picture" data-picture={one().lesion.id}>
              <div class="screen-slice">
                <img
                  src={address(one())}
                  width={one().mark.slice.columns}
                  height={one().mark.slice.rows}
                  alt={props.say('pictureAlt', { mm: one().lesion.long_axis_mm.toFixed(1) })}
                />
                <svg viewBox={`0 0 ${one().mark.slice.columns} ${one().mark.slice.rows}`} aria-hidden="true">
                  <circle cx={one().mark.x} cy={one().mark.y} r={one().mark.radius} />
                </svg>
              </div>
              <figcaption>
                {props.say('pictureCaption', { mm: one().lesion.long_axis_mm.toFixed(1) })}{' '}
                <Link href={studyAddress(one().study)}>{props.say('openViewer')}</Link>
              </figcaption>
            </figure>
          )}
        </Show>
      )}
    </Answer>
  );
}
