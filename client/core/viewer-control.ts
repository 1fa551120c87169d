/** The viewer's state: which pictures stand in which panes, how they are shown, and what was marked on them. */
import { batch, createMemo, createSignal } from 'solid-js';
import type { Accessor, Setter } from 'solid-js';
import type { PresentationState } from '../../contract/imaging';
import type { Series, Study } from './dicom/dicom-web';
import type { Vec3 } from './frames';
import { createMarks } from './viewer-marks';
import type { Marks } from './viewer-marks';
import { createStacks } from './viewer-stacks';
import { counterpart, firstBeside, planeThrough, stepOf } from '../viewer/match';
import type { Step } from '../viewer/match';
import type { Mark } from '../viewer/measure';
import { lpsOf, pixelOf } from '../viewer/plane';
import type { PictureRef } from '../viewer/presentation';
import { areaOfState, fittedArea, isAbout, viewOfState, windowOfState } from '../viewer/presentation';
import type { Stack } from '../viewer/stack';
import type { Tool } from '../viewer/tools';
import { FIRST_VIEW } from '../viewer/view';
import type { View } from '../viewer/view';
import type { GreyWindow } from '../viewer/window';

export type Layout = 'one' | 'two' | 'four' | 'mpr';
export const PANES_IN: Readonly<Record<Layout, number>> = { one: 1, two: 2, four: 4, mpr: 3 };
const MOST_PANES = 4;

/** One place of the grid. */
export interface PaneModel {
  readonly study: Study | undefined;
  readonly series: Series | undefined;
  readonly stack: Stack | undefined;
  readonly index: number;
  /** As chosen; where nothing was chosen, the picture's own. */
  readonly window: GreyWindow | undefined;
  readonly view: View;
  /** How somebody wanted the pictures to be shown. */
  readonly presentation: PresentationState | undefined;
  readonly state: 'empty' | 'loading' | 'shown' | 'no-picture' | 'failed';
  readonly error: unknown;
}

const EMPTY: PaneModel = {
  study: undefined,
  series: undefined,
  stack: undefined,
  index: 0,
  window: undefined,
  view: FIRST_VIEW,
  presentation: undefined,
  state: 'empty',
  error: undefined,
};

export interface ViewerControl {
  readonly panes: readonly Accessor<PaneModel>[];
  readonly active: Accessor<number>;
  readonly activePane: Accessor<PaneModel>;
  activate(pane: number): void;
  readonly layout: Accessor<Layout>;
  setLayout(layout: Layout): void;
  readonly tool: Accessor<Tool>;
  chooseTool(tool: Tool): void;
  readonly marks: Marks;
  readonly linked: Accessor<boolean>;
  setLinked(linked: boolean): void;
  /** Brings a pane to the place of the first one. */
  putBeside(pane: number): void;
  /** How the first two panes go together. */
  readonly step: Accessor<Step>;
  /** Whether the identity is hidden. */
  readonly isMasked: Accessor<boolean>;
  setMasked: Setter<boolean>;
  readonly overlay: Accessor<boolean>;
  setOverlay: Setter<boolean>;
  /** Whether the drawings that pictures bring along are shown. */
  readonly drawings: Accessor<boolean>;
  setDrawings: Setter<boolean>;
  readonly cursor_lps_mm: Accessor<Vec3 | undefined>;
  lookAt(point_lps_mm: Vec3): void;
  /** Puts a series into a pane. */
  show(pane: number, study: Study, series: Series): Promise<void>;
  /** Puts a stack that is there already into a pane. */
  place(pane: number, study: Study, stack: Stack): void;
  fail(pane: number, error: unknown): void;
  /** Asks once more for what could not be had. */
  retry(pane: number): Promise<void>;
  clear(pane: number): void;
  scroll(pane: number, steps: number): void;
  goTo(pane: number, index: number): void;
  /** The picture of a pane that goes through a point; none where the pictures have no places. */
  planeAt(pane: number, point_lps_mm: Vec3): number | undefined;
  setWindow(pane: number, window: GreyWindow | undefined): void;
  setView(pane: number, view: View): void;
  /** Shows the pictures of a pane as a state wants it, or as they are. */
  present(pane: number, state: PresentationState | undefined): void;
  windowOf(pane: number): GreyWindow;
  /** Counts up when pictures come. */
  readonly news: Accessor<number>;
  marksOn(pane: number): readonly Mark[];
}

export function createViewerControl(marks: Marks = createMarks()): ViewerControl {
  const cells = Array.from({ length: MOST_PANES }, () => createSignal<PaneModel>(EMPTY));
  const panes = cells.map(([get]) => get);
  const [active, setActive] = createSignal(0);
  const [layout, setLayout] = createSignal<Layout>('one');
  const [tool, setTool] = createSignal<Tool>('scroll');
  const [linked, setLinked] = createSignal(false);
  const [isMasked, setMasked] = createSignal(false);
  const [overlay, setOverlay] = createSignal(true);
  const [drawings, setDrawings] = createSignal(true);
  const [cursor, setCursor] = createSignal<Vec3>();
  const stacks = createStacks();
  /** Where each pane stood when the panes were put in step. */
  let beside: readonly number[] = [];

  const at = (pane: number): PaneModel => panes[pane]?.() ?? EMPTY;
  const patch = (pane: number, change: Partial<PaneModel>): void => {
    cells[pane]?.[1]((now) => ({ ...now, ...change }));
  };
  const goTo = (pane: number, index: number): void => {
    const { stack } = at(pane);
    if (!stack) return;
    const within = Math.min(stack.planes.length - 1, Math.max(0, index));
    patch(pane, { index: within });
    stack.focus(within);
  };
  /** The linked planes follow a point. */
  const lookAt = (point: Vec3): void => {
    batch(() => {
      setCursor(point);
      for (let pane = 0; pane < PANES_IN.mpr; pane++) {
        const index = planeThrough(point, at(pane).stack?.planes ?? []);
        if (index !== undefined) goTo(pane, index);
      }
    });
  };
  const scroll = (pane: number, steps: number): void => {
    const { stack, index } = at(pane);
    const next = Math.min((stack?.planes.length ?? 1) - 1, Math.max(0, index + steps));
    const [from, to] = [stack?.planes[index], stack?.planes[next]];
    if (!stack || !from || !to || next === index) return;
    const point = cursor();
    if (layout() === 'mpr' && point) {
      // The point keeps its place on the plane and moves through with it.
      const pixel = pixelOf(from, point);
      const moved = pixel && lpsOf(to, pixel);
      if (moved) return lookAt(moved);
    }
    batch(() => {
      goTo(pane, next);
      if (linked()) follow(pane);
    });
  };
  const follow = (pane: number): void => {
    const lead = at(pane);
    for (let other = 0; other < PANES_IN[layout()]; other++) {
      const stack = at(other).stack;
      if (other === pane || !stack || !lead.stack) continue;
      const pairing = { from: lead.stack.planes, to: stack.planes, beside: { from: beside[pane] ?? 0, to: beside[other] ?? 0 } };
      const index = counterpart(pairing, lead.index);
      if (index !== undefined) goTo(other, index);
    }
  };
  const place = (pane: number, study: Study, stack: Stack): void => {
    stacks.listen(stack);
    const middle = Math.floor(stack.planes.length / 2);
    // A film begins at its beginning, a stack of slices in its middle.
    const index = stack.frameTime_ms === undefined ? middle : 0;
    patch(pane, { ...EMPTY, study, series: stack.series, stack, index, state: 'shown' });
    stack.focus(index);
    if (linked()) putBeside(pane);
  };
  const meet = (): void => {
    beside = panes.map((get) => get().index);
  };
  /** Brings a pane to where the first one is, and keeps both in step from there. */
  const putBeside = (pane: number): void => {
    const [lead, { stack }] = [at(0), at(pane)];
    if (pane > 0 && lead.stack && stack) goTo(pane, firstBeside(lead.stack.planes, stack.planes, lead.index));
    meet();
  };

  const show = async (pane: number, study: Study, series: Series): Promise<void> => {
    patch(pane, { ...EMPTY, study, series, state: 'loading' });
    try {
      const stack = await stacks.of(series);
      // Another series may have been chosen for the pane meanwhile.
      if (at(pane).series?.uid !== series.uid || at(pane).state !== 'loading') return;
      if (stack) place(pane, study, stack);
      else patch(pane, { state: 'no-picture' });
    } catch (error) {
      if (at(pane).series?.uid === series.uid) patch(pane, { state: 'failed', error });
    }
  };
  /** The picture that a pane shows, where its state is about it. */
  const presented = ({ stack, index, presentation }: PaneModel): { state: PresentationState; picture: PictureRef } | undefined => {
    const picture = stack?.objectAt(index);
    return presentation && picture && isAbout(presentation, picture) ? { state: presentation, picture } : undefined;
  };

  return {
    panes,
    active,
    activePane: () => at(active()),
    activate: (pane) => setActive(pane),
    layout,
    setLayout(next) {
      batch(() => {
        if (next === 'mpr' && active() > 0) {
          // Planes are cut through what is worked with; it comes first.
          const [first, worked] = [at(0), at(active())];
          patch(0, worked);
          patch(active(), first);
          setActive(0);
        }
        setLayout(next);
        if (active() >= PANES_IN[next]) setActive(0);
        if (next !== 'mpr') setCursor(undefined);
        if (next !== 'mpr' && tool() === 'cross') setTool('scroll');
      });
    },
    tool,
    chooseTool: (next) => setTool(next),
    marks,
    linked,
    setLinked(next) {
      meet();
      setLinked(next);
    },
    putBeside,
    step: createMemo(() => stepOf(at(0).stack?.planes[at(0).index], at(1).stack?.planes[0])),
    isMasked,
    setMasked,
    overlay,
    setOverlay,
    drawings,
    setDrawings,
    cursor_lps_mm: cursor,
    lookAt,
    show,
    async retry(pane) {
      const { study, series, stack, index, state } = at(pane);
      if (state === 'failed' && study && series) return show(pane, study, series);
      stack?.focus(index);
      stacks.told();
    },
    place,
    fail: (pane, error) => patch(pane, { state: 'failed', error }),
    clear: (pane) => patch(pane, EMPTY),
    scroll,
    goTo: (pane, index) => scroll(pane, index - at(pane).index),
    planeAt: (pane, point) => planeThrough(point, at(pane).stack?.planes ?? []),
    setWindow(pane, window) {
      // Planes of one volume are looked at through one window.
      if (layout() === 'mpr') for (let one = 0; one < PANES_IN.mpr; one++) patch(one, { window });
      else patch(pane, { window });
    },
    setView: (pane, view) => patch(pane, { view }),
    present(pane, state) {
      const { stack } = at(pane);
      // The state's first picture of this stack comes to sight; what is shown already stays.
      const about = (index: number): boolean => {
        const picture = stack?.objectAt(index);
        return state !== undefined && picture !== undefined && isAbout(state, picture);
      };
      const index = about(at(pane).index) ? at(pane).index : (stack?.planes.findIndex((_, one) => about(one)) ?? -1);
      const picture = stack?.objectAt(index);
      const area = state && picture && fittedArea(areaOfState(state, picture));
      const view = state ? { ...viewOfState(state), ...(area ? { area } : {}) } : FIRST_VIEW;
      batch(() => {
        patch(pane, { presentation: state, window: undefined, view });
        if (index >= 0) goTo(pane, index);
      });
    },
    windowOf(pane) {
      stacks.news();
      const model = at(pane);
      const own = presented(model);
      return model.window ?? (own && windowOfState(own.state, own.picture)) ?? model.stack?.firstWindow(model.index) ?? { centre: 0, width: 1 };
    },
    news: stacks.news,
    marksOn(pane) {
      const { stack, index } = at(pane);
      return stack ? marks.on(stack.pictureKey(index)) : [];
    },
  };
}
