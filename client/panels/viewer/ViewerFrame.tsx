/** The viewer: bar, tools, panes, and beside them series, window and measures. */
import { For, Show, createEffect, createMemo, createSignal, on, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { seriesOfStudy, studiesOfPatient } from '../../core/dicom/dicom-web';
import type { SeenNodule } from '../../../contract/nodules';
import type { Series, Study } from '../../core/dicom/dicom-web';
import { kindOfModality } from '../../core/dicom/sop-class';
import { createQuery } from '../../core/query';
import { PANES_IN, createViewerControl } from '../../core/viewer-control';
import { createMarks, marksInTab } from '../../core/viewer-marks';
import { createNoduleWork, noduleDoors } from '../../core/nodules';
import { createOutlines } from '../../core/outlines';
import type { Mark } from '../../viewer/measure';
import { isBrush, isMaskTool } from '../../viewer/tools';
import type { KeyAction, Tool } from '../../viewer/tools';
import { CT_PRESETS, PRESET_NAMES } from '../../viewer/window';
import { fitted, mirroredAcross, mirroredDown, turned } from '../../viewer/view';
import { Tabs } from '../Tabs';
import { WordsDialog } from '../WordsDialog';
import { createStudyInfo } from '../imaging/study-info';
import { createStates } from '../../core/viewer-states';
import { createCine } from './cine';
import { createKeyImages } from './key-images';
import { MeasureList } from './MeasureList';
import { MprHost } from './MprHost';
import { createNoduleHand } from './nodule-hand';
import { NodulePanel, goToPoint } from './NodulePanel';
import { PaneView } from './PaneView';
import { createSaving } from './saving';
import { SeriesTab } from './SeriesTab';
import { ViewerBar } from './ViewerBar';
import { ViewerKeys } from './ViewerKeys';
import { ViewerToolBar } from './ViewerToolBar';
import { WindowTab } from './WindowTab';

const LONGEST_TEXT = 120;

interface ViewerFrameProps {
  readonly study: Study;
  readonly series: readonly Series[];
}

/** The label of states that hold the marks of this viewer. */
const MARKS = 'MARKS';

type SideTab = 'series' | 'window' | 'measures' | 'nodules';

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
  const doors = noduleDoors(app.api);
  const outlines = createOutlines(doors);
  const work = createNoduleWork(doors);
  const [tab, setTab] = createSignal<SideTab>('series');
  const nodules = createNoduleHand({ control, work, outlines, onSeed: () => setTab('nodules') });
  const [help, setHelp] = createSignal(false);
  const [wanted, setWanted] = createSignal<Omit<Mark, 'id'>>();
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
      app.toast(() => app.explain(error));
    }
  }

  /** Shows a nodule in another study beside the one that is shown. */
  async function openSeen(seen: SeenNodule): Promise<void> {
    const point = seen.nodule.measures.centre_lps_mm;
    if (seen.study === props.study.uid) return goToPoint(control, point);
    const study = others.data()?.find(({ uid }) => uid === seen.study);
    await compare(study);
    const index = study && control.planeAt(1, point);
    if (index !== undefined) {
      control.setLinked(false);
      control.goTo(1, index);
    }
  }
  const chooseTool = (tool: Tool): void => {
    control.chooseTool(tool);
    if (isMaskTool(tool)) setTab('nodules');
  };
  // A brush without anything in hand paints nothing.
  createEffect(() => {
    if (!work.inHand() && isBrush(control.tool())) control.chooseTool('nodule');
  });
  // What was kept is seen without being asked for.
  createEffect(on(() => control.panes[0]?.().study?.uid, (study) => study !== undefined && void outlines.reload(study).catch(() => {})));

  function act(action: KeyAction): void {
    const pane = control.active();
    if ('tool' in action) {
      const { tool } = action;
      if (tool === 'cross' && control.layout() !== 'mpr') return;
      if (tool === 'nodule' && !nodules.isPossible()) return;
      if (isBrush(tool) && !work.inHand()) return;
      return chooseTool(tool);
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
      // What was drawn last is taken back first: strokes while a nodule is in hand, marks otherwise.
      case 'undo': return void (isMaskTool(control.tool()) && work.canUndo() ? work.undo() : control.marks.undo() || work.undo());
      case 'redo': return void (isMaskTool(control.tool()) && work.canRedo() ? work.redo() : control.marks.redo() || work.redo());
      case 'smaller': return nodules.resize(-1);
      case 'larger': return nodules.resize(1);
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
        <ViewerToolBar control={control} cine={cine} keyImages={keyImages} nodules={nodules} onAct={act} />
        <div ref={grid} class="viewer-grid" data-layout={control.layout()}>
          <For each={shown()}>
            {(pane) => (
              <PaneView
                pane={pane}
                control={control}
                study={props.study}
                keyImages={keyImages}
                nodules={nodules}
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
            { name: 'nodules', label: app.t('viewer.nodules') },
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
              <Show when={name === 'nodules'}>
                <NodulePanel
                  control={control}
                  doors={doors}
                  work={work}
                  models={nodules.models}
                  outlines={outlines}
                  patient={info.data()?.patient}
                  may={info.data()?.store ?? false}
                  active={tab() === 'nodules'}
                  onOpen={(seen) => void openSeen(seen)}
                />
              </Show>
            </>
          )}
        </Tabs>
      </aside>
      <ViewerKeys open={help()} onClose={() => setHelp(false)} />
      <Show when={wanted()}>
        {(mark) => (
          <WordsDialog
            title={app.t('measure.text')}
            label={app.t('measure.text')}
            set={app.t('measure.set')}
            longest={LONGEST_TEXT}
            onSet={(text) => control.marks.add({ ...mark(), text })}
            onClose={() => setWanted(undefined)}
          />
        )}
      </Show>
    </div>
  );
}
