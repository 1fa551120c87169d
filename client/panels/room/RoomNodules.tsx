/** Nodules that people of the room asked for: what was measured, shown to all, to be kept by who may. */
import { For, Show, createSignal } from 'solid-js';
import type { JSX } from 'solid-js';
import type { PatientNodules } from '../../../contract/nodules';
import { useApp } from '../../core/app';
import { dicomJson, seriesOf, DICOM_WEB } from '../../core/dicom/dicom-web';
import type { Said } from '../../core/nodules';
import { createQuery } from '../../core/query';
import type { RoomControl } from '../../core/room-control';
import type { RoomNodule, RoomNodules as Nodules } from '../../core/room-nodules';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import { NoduleKeep } from '../viewer/NoduleKeep';
import { NoduleTable, mm, mm3 } from '../viewer/NoduleTable';

interface RoomNodulesProps {
  readonly control: RoomControl;
  readonly nodules: Nodules;
  readonly patient: string;
}

/** What is said of a nodule in one line, beside its place too. */
export function noduleWords(nodule: RoomNodule, app: Pick<ReturnType<typeof useApp>, 't'>): string {
  const measures = nodule.proposal?.measures;
  if (measures) return `${mm(measures.mean_diameter_mm)} · ${mm3(measures.volume_mm3)} · ${app.t(`nodule.kind.${measures.kind}`)}`;
  return app.t(nodule.state === 'failed' ? 'seed.none' : 'nodule.finding');
}

export function RoomNodules(props: RoomNodulesProps): JSX.Element {
  const app = useApp();
  const series = (): string | undefined => props.control.hologram()?.state.series;
  // Who may add to the study, and what was kept of the patient, is asked for once there is something to keep.
  const asked = createQuery(() => {
    const uid = props.nodules.all().length > 0 ? series() : undefined;
    return async (signal) => {
      if (uid === undefined) return undefined;
      const [row] = await dicomJson(`${DICOM_WEB}/series?SeriesInstanceUID=${encodeURIComponent(uid)}`, signal);
      const study = row && seriesOf(row).study;
      const about = study ? await app.api.get<{ store: boolean }>(`/api/imaging/studies/${encodeURIComponent(study)}`, { signal }) : undefined;
      const known = await app.api.get<PatientNodules>(`/api/patients/${encodeURIComponent(props.patient)}/nodules`, { signal });
      return { may: about?.store ?? false, known: known.nodules };
    };
  });
  return (
    <Show when={props.nodules.all().length > 0}>
      <section class="stack tight room-nodules" aria-labelledby="seeds-title">
        <h2 class="legend" id="seeds-title">
          {app.t('seed.title')}
        </h2>
        <For each={props.nodules.all()}>
          {(nodule) => <Asked nodule={nodule} {...props} may={asked.data()?.may ?? false} known={asked.data()?.known ?? []} />}
        </For>
      </section>
    </Show>
  );
}

interface AskedProps extends RoomNodulesProps {
  readonly nodule: RoomNodule;
  readonly may: boolean;
  readonly known: PatientNodules['nodules'];
}

function Asked(props: AskedProps): JSX.Element {
  const app = useApp();
  const [keeping, setKeeping] = createSignal(false);
  const away = (): void => props.control.remove(props.nodule.seed.id);
  async function keep(said: Omit<Said, 'byHand'>): Promise<void> {
    if (!(await props.nodules.keep(props.nodule.seed.id, said))) return;
    app.toast(() => app.t('nodule.kept'));
  }
  return (
    <article class="stack tight panel room-nodule" data-seed={props.nodule.seed.id} data-state={props.nodule.state}>
      <p class="row">
        <Icon name="nodule" />
        <strong class="number">{noduleWords(props.nodule, app)}</strong>
      </p>
      <p class="soft small">{app.t('seed.by', { name: props.nodule.seed.author })}</p>
      <Show when={props.nodule.why}>{(why) => <Notice kind="warn">{app.explain(why())}</Notice>}</Show>
      <For each={props.nodule.proposal?.notices ?? []}>{(notice) => <Notice kind="warn">{notice.text[app.language()]}</Notice>}</For>
      <div class="row">
        <button type="button" class="button small" onClick={() => props.control.lookAt(props.nodule.proposal?.measures.centre_lps_mm ?? props.nodule.seed.at_lps_mm)}>
          {app.t('marks.go')}
        </button>
        <Show when={props.nodule.proposal && props.may && !keeping()}>
          <button type="button" class="button small primary" onClick={() => setKeeping(true)}>
            {app.t('nodule.keep')}
          </button>
        </Show>
        <Show when={!keeping()}>
          <button type="button" class="button small" onClick={away}>
            {app.t('seed.away')}
          </button>
        </Show>
      </div>
      <Show when={keeping()}>
        <NoduleKeep
          subject={String(props.nodule.seed.id)}
          known={props.known}
          kept={undefined}
          may={props.may}
          isReady={props.nodule.state === 'found'}
          isKeeping={props.nodule.state === 'keeping'}
          onKeep={(said) => void keep(said)}
          onCancel={() => setKeeping(false)}
        />
      </Show>
      <Show when={props.nodule.proposal}>
        {(proposal) => (
          <details>
            <summary>{app.t('nodule.measures')}</summary>
            <NoduleTable measures={proposal().measures} />
          </details>
        )}
      </Show>
    </article>
  );
}
