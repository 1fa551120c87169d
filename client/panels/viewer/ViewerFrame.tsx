/** The viewer: bar, tools, panes, and beside them series, window and measures. */
import { For, Show, createEffect, createMemo, createSignal, on, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { seriesOfStudy, studiesOfPatient } from '../../core/dicom/dicom-web';
import type { Series, Study } from '../../core/dicom/dicom-web';
import { kindOfModality } from '../../core/dicom/sop-class';
import { createQuery } from '../../core/query';
import { PANES_IN, createViewerControl } from '../../core/viewer-control';
import { createMarks, marksInTab } from '../../core/viewer-marks';
import type { KeyAction } from '../../viewer/tools';
import { CT_PRESETS, PRESET_NAMES } from '../../viewer/window';
import { fitted, mirroredAcross, mirroredDown, turned } from '../../viewer/view';
import { Tabs } from '../Tabs';
import { createStudyInfo } from '../imaging/study-info';
import { createStates } from '../../core/viewer-states';
import { createCine } from './cine';
import { createKeyImages } from './key-images';
import { MeasureList } from './MeasureList';
import { MprHost } from './MprHost';
import { PaneView } from './PaneView';
import { createSaving } from './saving';
import { SeriesTab } from './SeriesTab';
import { TextDialog } from './TextDialog';
import type { TextWanted } from './TextDialog';
import { ViewerBar } from './ViewerBar';
import { ViewerKeys } from './ViewerKeys';
import { ViewerToolBar } from './ViewerToolBar';
import { WindowTab } from './WindowTab';

interface ViewerFrameProps {
  readonly study: Study;
  readonly series: readonly Series[];
}

/** The label of states that hold the marks of this viewer. */
const MARKS = 'MARKS';

type SideTab = 'series' | 'window' | 'measures';

/** The series that an address asks for, else the one with most pictures. */
function firstSeries(all: readonly Series[]): Series | undefined {
  const wanted = new URLSearchParams(location.search).get('series');
  const images = all.filter(({ kind }) => kind === 'image');
  return all.find(({ uid }) => uid === wanted) ?? [...images].sort((a, b) => b.images - a.images)[0] ?? all[0];
}

export function ViewerFrame(props: ViewerFrameProps): JSX.Element {
  const app = useApp();
  const marks = createMarks(marksInTab(app.me()?.id ?? '', props.study.uid));
  const control = createViewerControl(marks);
  const info = createStudyInfo(() => props.study.uid);
  const keyImages = createKeyImages(() => props.study);
  const states = createStates(app.api);
  const cine = createCine(control);
  const [tab, setTab] = createSignal<SideTab>('series');
  const [help, setHelp] = createSignal(false);
  const [wanted, setWanted] = createSignal<TextWanted>();
  const [prior, setPrior] = createSignal<{ readonly study: Study; readonly series: readonly Series[] }>();
  const others = createQuery<readonly Study[]>(() => {
    const { patientId, uid } = props.study;
    return async (signal) =>
      patientId === undefined ? [] : (await studiesOfPatient(patientId, signal)).filter((one) => one.uid !== uid);
  });

  const saving = createSaving({
    control,
    keyImages,
    states,
    studies: () => [props.study.uid, ...(prior() ? [prior()?.study.uid ?? ''] : [])],
    may: () => info.data()?.store ?? false,
  });

  /** The first series, with the marks that were kept of it: those in this tab, else those in the record. */
  onMount(async () => {
    const first = firstSeries(props.series);
    if (!first) return;
    const [found] = await Promise.all([states.reload(props.study.uid).catch(() => []), control.show(0, props.study, first)]);
    const newest = found.find(({ label, images }) => label === MARKS && images.some(({ series }) => series === first.uid));
    const untouched = control.panes[0]?.().series?.uid === first.uid && marks.all().length === 0;
    if (newest && untouched) control.present(0, newest);
  });

  /** Puts the like series of another study beside the one that is shown. */
  async function compare(study: Study | undefined): Promise<void> {
    if (!study) {
      setPrior(undefined);
      control.setLinked(false);
      control.clear(1);
      control.setLayout('one');
      return;
    }
    try {
      const series = await seriesOfStudy(study.uid);
      const shown = control.panes[0]?.().series;
      const images = series.filter(({ kind }) => kind === 'image');
      const alike = (one: Series): number =>
        (one.modality === shown?.modality ? 4 : 0) + (one.description === shown?.description ? 2 : 0) + Math.min(1, one.images / 1000);
      const best = [...images].sort((a, b) => alike(b) - alike(a))[0];
      setPrior({ study, series });
      control.setLayout('two');
      if (best) await control.show(1, study, best);
      control.putBeside(1);
      control.setLinked(true);
    } catch (error) {
      app.toast(app.explain(error));
    }
  }

  function act(action: KeyAction): void {
    const pane = control.active();
    if ('tool' in action) {
      if (action.tool !== 'cross' || control.layout() === 'mpr') control.chooseTool(action.tool);
      return;
    }
    const { view, stack, index } = control.activePane();
    const last = (stack?.planes.length ?? 1) - 1;
    const preset = PRESET_NAMES[Number(/^preset-(\d)$/.exec(action.command)?.[1] ?? 0) - 1];
    const hu = stack?.unitOf(index) === 'HU';
    if (preset) return void (hu && control.setWindow(pane, CT_PRESETS[preset]));
    switch (action.command) {
      case 'next': return control.scroll(pane, 1);
      case 'previous': return control.scroll(pane, -1);
      case 'next-ten': return control.scroll(pane, 10);
      case 'previous-ten': return control.scroll(pane, -10);
      case 'first': return control.scroll(pane, -index);
      case 'last': return control.scroll(pane, last - index);
      case 'fit': return control.setView(pane, fitted(view));
      case 'turn': return control.setView(pane, turned(view));
      case 'mirror-across': return control.setView(pane, mirroredAcross(view));
      case 'mirror-down': return control.setView(pane, mirroredDown(view));
      case 'invert': return control.setView(pane, { ...view, inverted: !view.inverted });
      case 'cine': return cine.toggle();
      case 'key-image': return keyImages.toggle(control.activePane());
      case 'mpr': return control.setLayout(control.layout() === 'mpr' ? 'one' : 'mpr');
      case 'grid': return control.setLayout(({ one: 'two', two: 'four', four: 'one', mpr: 'one' } as const)[control.layout()]);
      case 'present': return void control.setMasked((now) => !now);
      case 'overlay': return void control.setOverlay((now) => !now);
      case 'drawings': return void control.setDrawings((now) => !now);
      case 'undo': return void control.marks.undo();
      case 'redo': return void control.marks.redo();
      case 'remove': return control.marks.remove(control.marks.chosen() ?? '');
      case 'next-pane': return focusPane((pane + 1) % PANES_IN[control.layout()]);
      case 'help': return void setHelp(true);
      case 'preset-own': return control.setWindow(pane, undefined);
      case 'preset-auto': {
        const window = stack?.autoWindow(index);
        return window && control.setWindow(pane, window);
      }
      default: return undefined;
    }
  }

  let grid!: HTMLDivElement;
  const focusPane = (pane: number): void => {
    control.activate(pane);
    grid.querySelectorAll<HTMLElement>('.viewer-canvas')[pane]?.focus();
  };
  // What a grid no longer shows is not painted, but kept for when it comes back.
  const shown = createMemo(() => Array.from({ length: PANES_IN[control.layout()] }, (_, pane) => pane));
  createEffect(on(control.activePane, () => cine.check()));
  onCleanup(() => cine.stop());

  const title = (): string => {
    // Reports and outlines beside the pictures are no ways of making them.
    const kinds = props.study.modalities.filter((one) => kindOfModality(one) === 'image');
    const words = [kinds.join(' '), props.study.description ?? app.t('imaging.undescribed')];
    return (control.isMasked() ? words : [props.study.patientName ?? app.t('imaging.nameless'), ...words]).filter(Boolean).join(' · ');
  };

  return (
    <div class="viewer" data-accent="consulting">
      <ViewerBar
        title={title()}
        study={props.study}
        control={control}
        states={states}
        others={others.data() ?? []}
        prior={prior()?.study}
        onCompare={(study) => void compare(study)}
        onHelp={() => setHelp(true)}
      />
      <div class="viewer-dark">
        <ViewerToolBar control={control} cine={cine} keyImages={keyImages} onAct={act} />
        <div ref={grid} class="viewer-grid" data-layout={control.layout()}>
          <For each={shown()}>
            {(pane) => (
              <PaneView
                pane={pane}
                control={control}
                study={props.study}
                keyImages={keyImages}
                onAct={act}
                onText={setWanted}
              />
            )}
          </For>
        </div>
        <Show when={control.layout() === 'mpr' && control.panes[0]?.().series}>
          {(series) => <MprHost series={series()} study={props.study} control={control} />}
        </Show>
      </div>
      <aside class="viewer-side room-side" aria-label={app.t('viewer.side')}>
        <Tabs<SideTab>
          label={app.t('viewer.side')}
          chosen={tab()}
          onChoose={setTab}
          tabs={[
            { name: 'series', label: app.t('viewer.series') },
            { name: 'window', label: app.t('viewer.window') },
            { name: 'measures', label: app.t('viewer.measures') },
          ]}
        >
          {(name) => (
            <>
              <Show when={name === 'series'}>
                <SeriesTab study={props.study} series={props.series} prior={prior()} control={control} />
              </Show>
              <Show when={name === 'window'}>
                <WindowTab control={control} onAct={act} />
              </Show>
              <Show when={name === 'measures'}>
                <MeasureList control={control} keyImages={keyImages} saving={saving} />
              </Show>
            </>
          )}
        </Tabs>
      </aside>
      <ViewerKeys open={help()} onClose={() => setHelp(false)} />
      <TextDialog
        wanted={wanted()}
        onClose={() => setWanted(undefined)}
        onSet={(mark, text) => control.marks.add({ ...mark, text })}
      />
    </div>
  );
}
