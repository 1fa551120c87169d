/** Nodules of the series that is shown: the one in hand, what was kept, and what became of each over time. */
import { For, Show, createEffect, on } from 'solid-js';
import type { JSX } from 'solid-js';
import type { KeptNodule, SeenNodule } from '../../../contract/nodules';
import { useApp } from '../../core/app';
import type { Series } from '../../core/dicom/dicom-web';
import type { Vec3 } from '../../core/frames';
import { colonIn } from '../../core/language';
import type { ModelOutlines } from '../../core/model-outlines';
import type { NoduleDoors, NoduleWork } from '../../core/nodules';
import type { Outlines } from '../../core/outlines';
import { createQuery } from '../../core/query';
import type { ViewerControl } from '../../core/viewer-control';
import { EmptyState } from '../EmptyState';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import { NoduleCandidates } from './NoduleCandidates';
import { ChestFigures } from './ChestFigures';
import { NoduleInHand } from './NoduleInHand';
import { mm, mm3 } from './NoduleTable';
import { NoduleTime } from './NoduleTime';
import { OutlineList } from './OutlineList';

interface NodulePanelProps {
  readonly control: ViewerControl;
  readonly doors: NoduleDoors;
  readonly work: NoduleWork;
  readonly models: ModelOutlines;
  readonly outlines: Outlines;
  /** The patient's id in the record, once it is known. */
  readonly patient: string | undefined;
  readonly may: boolean;
  /** Whether anybody looks: only then is anything asked for. */
  readonly active: boolean;
  onOpen(seen: SeenNodule): void;
}

/** Puts the pictures to a place of the patient. */
export function goToPoint(control: ViewerControl, point: Vec3): void {
  if (control.layout() === 'mpr') return control.lookAt(point);
  const pane = control.active();
  const index = control.planeAt(pane, point);
  if (index !== undefined) control.goTo(pane, index);
}

export function NodulePanel(props: NodulePanelProps): JSX.Element {
  const app = useApp();
  const { control, doors, work } = props;
  /** The CT series in the pane that is worked in. */
  const series = (): Series | undefined => {
    const found = control.activePane().series;
    return found?.modality === 'CT' ? found : undefined;
  };
  const here = createQuery(() => {
    const uid = props.active ? series()?.uid : undefined;
    return async (signal) => (uid === undefined ? undefined : await doors.ofSeries(uid, signal));
  });
  const overTime = createQuery(() => {
    const patient = props.active ? props.patient : undefined;
    return async (signal) => (patient === undefined ? undefined : await doors.ofPatient(patient, signal));
  });
  const reload = (): void => {
    here.reload();
    overTime.reload();
    const study = series()?.study;
    if (study !== undefined) void props.outlines.reload(study).catch(() => {});
  };
  app.onServerEvent(({ kind }) => {
    if (props.active && (kind === 'imaging' || kind === 'missed')) reload();
  });
  createEffect(
    on([() => props.active, () => series()?.study], ([active, study]) => {
      if (active && study !== undefined) void props.outlines.reload(study).catch(() => {});
    }),
  );
  const followed = () => overTime.data()?.nodules ?? [];
  const grown = () => followed().filter(({ seen }) => seen.length > 1);
  const kept = (): readonly KeptNodule[] => here.data()?.kept ?? [];
  /** Nodules of earlier scans that were not kept of this one yet. */
  const before = () => followed().filter(({ seen }) => seen.every((one) => one.series !== series()?.uid));
  const findAgain = async (uid: string): Promise<void> => {
    const here = series()?.uid;
    if (here === undefined) return;
    await work.findAgain(here, uid);
    const centre = work.inHand()?.measures?.centre_lps_mm;
    if (centre && work.inHand()?.again === uid) goToPoint(control, centre);
  };
  const takeUp = (nodule: KeptNodule): void => {
    const [uid, volume] = [series()?.uid, here.data()?.volume];
    if (uid === undefined || !volume) return;
    goToPoint(control, nodule.measures.centre_lps_mm);
    work.takeUp(uid, volume, nodule);
  };
  /** Writes something about a candidate, and reads again. */
  async function settle(write: (series: string) => Promise<void>): Promise<void> {
    const uid = series()?.uid;
    if (uid === undefined) return;
    try {
      await write(uid);
      here.reload();
    } catch (error) {
      app.toast(() => app.explain(error));
    }
  }
  const find = (at: Vec3): void => {
    const uid = series()?.uid;
    if (uid === undefined) return;
    goToPoint(control, at);
    void work.find(uid, at);
  };

  return (
    <div class="stack nodules">
      <Notice>{app.t('nodule.research')}</Notice>
      <Show when={series()} fallback={<p class="soft">{app.t('nodule.onlyCt')}</p>}>
        <Show when={work.state() === 'none'}>
          <Show when={kept().length > 0} fallback={<EmptyState icon="nodule" title={app.t('nodule.start')} hint={app.t('nodule.howTo')} />}>
            <p class="soft small">{app.t('nodule.howTo')}</p>
          </Show>
        </Show>
        <NoduleInHand work={work} doors={doors} models={props.models} control={control} may={props.may} known={followed()} onKept={reload} />
        <Show when={here.error()}>{(error) => <Notice kind="warn">{app.explain(error())}</Notice>}</Show>
        <section class="stack tight">
          <h2 class="series-heading">{app.t('nodule.keptList')}</h2>
          <Show when={kept().length > 0} fallback={<p class="soft small">{app.t('nodule.keptNone')}</p>}>
            <ul class="marks" aria-label={app.t('nodule.keptList')}>
              <For each={kept()}>
                {(nodule) => (
                  <li data-kept={nodule.tracking_uid}>
                    <span class="chip accent">{app.t(`nodule.kind.${nodule.measures.kind}`)}</span>
                    <span class="mark-words number">
                      {nodule.label}{colonIn(app.language())}{mm(nodule.measures.mean_diameter_mm)}, {mm3(nodule.measures.volume_mm3)}
                    </span>
                    <button type="button" class="button quiet small" aria-label={app.t('nodule.goTo', { what: nodule.label })} onClick={() => goToPoint(control, nodule.measures.centre_lps_mm)}>
                      <Icon name="eye" size={16} />
                    </button>
                    <button type="button" class="button quiet small" aria-label={app.t('nodule.mend', { what: nodule.label })} onClick={() => takeUp(nodule)}>
                      <Icon name="brush" size={16} />
                    </button>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        </section>
        <Show when={before().length > 0}>
          <section class="stack tight">
            <h2 class="series-heading">{app.t('nodule.before')}</h2>
            <ul class="marks" aria-label={app.t('nodule.before')}>
              <For each={before()}>
                {(nodule) => (
                  <li data-before={nodule.tracking_uid}>
                    <span class="mark-words number">
                      {nodule.label}
                      <Show when={nodule.seen.at(-1)}>{(last) => <>{colonIn(app.language())}{mm(last().nodule.measures.mean_diameter_mm)}</>}</Show>
                    </span>
                    <button type="button" class="button small" aria-label={app.t('nodule.againOf', { what: nodule.label })} onClick={() => void findAgain(nodule.tracking_uid)}>
                      <Icon name="search" size={16} />
                      {app.t('nodule.again')}
                    </button>
                  </li>
                )}
              </For>
            </ul>
          </section>
        </Show>
        <Show when={(here.data()?.marked.length ?? 0) > 0}>
          <section class="stack tight">
            <h2 class="series-heading">{app.t('nodule.marked')}</h2>
            <ul class="marks" aria-label={app.t('nodule.marked')}>
              <For each={here.data()?.marked ?? []}>
                {(lesion) => (
                  <li data-marked={lesion.id}>
                    <span class="chip">{lesion.label[app.language()]}</span>
                    <span class="mark-words number">
                      {mm(lesion.mean_diameter_mm)}, {mm3(lesion.volume_mm3)}
                    </span>
                    <button type="button" class="button quiet small" aria-label={app.t('nodule.goTo', { what: lesion.label[app.language()] })} onClick={() => goToPoint(control, lesion.centre_lps_mm)}>
                      <Icon name="eye" size={16} />
                    </button>
                    <button type="button" class="button quiet small" aria-label={app.t('nodule.outline', { what: lesion.label[app.language()] })} onClick={() => find(lesion.centre_lps_mm)}>
                      <Icon name="nodule" size={16} />
                    </button>
                  </li>
                )}
              </For>
            </ul>
          </section>
        </Show>
        <Show when={here.data()}>
          {(found) => (
            <NoduleCandidates
              candidates={found().candidates}
              onGoTo={(at) => goToPoint(control, at)}
              onFind={find}
              onDismiss={(one, reason) => settle((uid) => doors.dismiss(uid, one.id, reason))}
              onTakeBack={(one) => settle((uid) => doors.takeBack(uid, one.id))}
            />
          )}
        </Show>
        <section class="stack tight">
          <h2 class="series-heading">{app.t('nodule.overTime')}</h2>
          <Show when={grown().length > 0} fallback={<p class="soft small">{app.t('nodule.overTimeNone')}</p>}>
            <For each={grown()}>{(nodule) => <NoduleTime nodule={nodule} onOpen={props.onOpen} />}</For>
          </Show>
        </section>
        <OutlineList outlines={props.outlines} series={series()?.uid} />
        <Show when={props.active ? series()?.uid : undefined}>{(uid) => <ChestFigures series={uid()} />}</Show>
      </Show>
    </div>
  );
}
