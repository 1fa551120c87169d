/** What can be taken away of a twin: the record as FHIR, images with outlines and reports, surfaces as models. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { VolumeManifest } from '../../../contract/volume';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import { isImages } from '../../core/hospital';
import type { StudyRow } from '../../core/hospital';
import { createQuery } from '../../core/query';
import { Dialog } from '../Dialog';
import { Icon } from '../Icon';
import { DownloadButton } from '../imaging/DownloadButton';

export function TakeAway(props: { patient: string; studies: readonly StudyRow[] }): JSX.Element {
  const app = useApp();
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        <Icon name="download" />
        {app.t('take.title')}
      </button>
      <Show when={open()}>
        <Dialog open title={app.t('take.title')} onClose={() => setOpen(false)}>
          <p class="soft small">{app.t('take.lead')}</p>
          <a
            class="button"
            download="record.json"
            href={`/api/patients/${encodeURIComponent(props.patient)}/timeline/bundle`}
          >
            <Icon name="document" size={16} />
            {app.t('take.fhir')}
          </a>
          <h3>{app.t('take.images')}</h3>
          <Show when={props.studies.length > 0} fallback={<p class="soft small">{app.t('take.nothing')}</p>}>
            <For each={props.studies}>
              {(study) => (
                <article class="take-study">
                  <div class="row">
                    <span class="chip accent">{study.modality}</span>
                    <span>{study.description || app.t('patient.studyUnnamed')}</span>
                    <span class="soft small">{dayOf(study.date, app.language())}</span>
                    <DownloadButton study={study.uid} />
                  </div>
                  <For each={study.series.filter((series) => series.modality === 'CT' && isImages(series))}>
                    {(series) => <Surfaces series={series.uid} />}
                  </For>
                </article>
              )}
            </For>
          </Show>
        </Dialog>
      </Show>
    </>
  );
}

/** Surfaces of a series, where its volume has been made. */
function Surfaces(props: { series: string }): JSX.Element {
  const app = useApp();
  const path = (): string => `/api/series/${encodeURIComponent(props.series)}/volume`;
  const volume = createQuery<Partial<VolumeManifest>>(() => {
    const address = path();
    return (signal) => app.api.get(address, { signal });
  });
  return (
    <Show when={volume.data()?.surfaces?.length}>
      <details class="small">
        <summary>{app.t('take.surface')}</summary>
        <div class="row">
          <For each={volume.data()?.surfaces}>
            {(surface) => (
              <a class="button small" download="" href={`${path()}/models/${encodeURIComponent(surface.name)}.glb`}>
                <Icon name="download" size={14} />
                {surface.label[app.language()]}
              </a>
            )}
          </For>
        </div>
      </details>
    </Show>
  );
}
