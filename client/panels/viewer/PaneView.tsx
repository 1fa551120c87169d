/** One pane: the canvas with its picture, the labels in its corners, and a slider through the pictures. */
import { Show, createEffect, createMemo, createSignal, on, onCleanup, onMount } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { Study } from '../../core/dicom/dicom-web';
import type { ViewerControl } from '../../core/viewer-control';
import { Pane } from '../../viewer/pane';
import type { Mark } from '../../viewer/measure';
import type { Point } from '../../viewer/plane';
import type { KeyAction } from '../../viewer/tools';
import type { NoduleHand } from './nodule-hand';
import { valuesAt, wordsOfMark } from '../../viewer/words';
import type { MarkedPicture, MeasureWords } from '../../viewer/words';
import { seriesWords } from '../imaging/StudyDetail';
import type { KeyImages } from './key-images';
import { PaneLabels } from './PaneLabels';

interface PaneViewProps {
  readonly pane: number;
  readonly control: ViewerControl;
  readonly study: Study;
  readonly keyImages: KeyImages;
  readonly nodules: NoduleHand;
  onAct(action: KeyAction): void;
  /** A text is to stand here; its words are asked for. */
  onText(mark: Omit<Mark, 'id'>): void;
}

export function measureWordsOf(t: ReturnType<typeof useApp>['t']): MeasureWords {
  return {
    mean: t('measure.mean'),
    deviation: t('measure.deviation'),
    range: t('measure.range'),
    noValue: t('measure.noValue'),
    detector: t('measure.detector'),
  };
}

/** What is measured in a pane. */
export function pictureOf(control: ViewerControl, pane: number): MarkedPicture | undefined {
  control.news();
  const { stack, index } = control.panes[pane]?.() ?? {};
  const plane = stack && index !== undefined ? stack.planes[index] : undefined;
  if (!stack || index === undefined || !plane) return undefined;
  return { plane, pixels: stack.pixels(index), rescale: stack.rescaleOf(index), unit: stack.unitOf(index) };
}

export function PaneView(props: PaneViewProps): JSX.Element {
  const app = useApp();
  const { control } = props;
  const model = (): ReturnType<ViewerControl['activePane']> => control.panes[props.pane]?.() ?? control.activePane();
  const [hover, setHover] = createSignal<Point>();
  let canvas!: HTMLCanvasElement;
  let drawn: Pane | undefined;

  const marks = createMemo(() => {
    const picture = pictureOf(control, props.pane);
    const words = measureWordsOf(app.t);
    return control.marksOn(props.pane).map((mark) => ({ ...mark, words: picture ? wordsOfMark(mark, picture, words) : [] }));
  });
  onMount(() => {
    const pane = new Pane(canvas);
    drawn = pane;
    const { events } = pane;
    events.on('entered', () => control.activate(props.pane));
    events.on('scroll', (steps) => control.scroll(props.pane, steps));
    events.on('window', (window) => control.setWindow(props.pane, window));
    events.on('view', (view) => control.setView(props.pane, view));
    events.on('cursor', (point) => control.lookAt(point));
    events.on('hover', setHover);
    events.on('seed', (at) => props.nodules.seed(props.pane, at));
    events.on('brush', (stroke) => props.nodules.brush(props.pane, stroke));
    events.on('chosen', (id) => control.marks.choose(id));
    events.on('moved', ({ id, points, done }) => control.marks.move(id, points, done));
    events.on('action', (action) => props.onAct(action));
    events.on('made', ({ kind, points }) => {
      const { stack, index, study, series } = model();
      const images = stack?.objectAt(index) && study && series ? { of: { study: study.uid, series: series.uid } } : {};
      const mark = { kind, points, picture: stack?.pictureKey(index) ?? '', ...images };
      if (kind === 'text') return props.onText(mark);
      control.marks.add(mark);
      const what = marks().at(-1)?.words.join(', ') ?? '';
      app.announce(app.t('measure.made', { kind: app.t(`vtool.${kind}`), what }));
    });
    onCleanup(() => pane.dispose());
  });
  createEffect(() => {
    const { stack, index, view } = model();
    if (!stack) return;
    // Pictures that came meanwhile are painted.
    control.news();
    drawn?.set({
      stack,
      index,
      view,
      window: control.windowOf(props.pane),
      tool: control.tool(),
      marks: marks(),
      chosen: control.marks.chosen(),
      masks: props.nodules.shown(props.pane),
      brush_mm: props.nodules.work.radius_mm(),
      cursor_lps_mm: control.layout() === 'mpr' ? control.cursor_lps_mm() : undefined,
      overlay: control.overlay(),
      drawings: control.drawings(),
      presentation: model().presentation,
    });
  });
  createEffect(on(() => model().stack, (stack) => !stack && drawn?.ask()));

  const value = (): string | undefined => {
    const [at, picture] = [hover(), pictureOf(control, props.pane)];
    const found = at && picture && valuesAt(picture)(Math.round(at.x), Math.round(at.y));
    return found === undefined ? undefined : `${Math.round(found)}${picture?.unit ? ` ${picture.unit}` : ''}`;
  };
  const name = (): string => {
    const { series, stack, index } = model();
    if (!series || !stack) return app.t('viewer.paneEmpty', { n: props.pane + 1 });
    const window = control.windowOf(props.pane);
    return app.t('viewer.paneOf', {
      n: props.pane + 1,
      series: stack.axis ? `${app.t(`slice.${stack.axis}`)}, ${seriesWords(app, series)}` : seriesWords(app, series),
      at: index + 1,
      of: stack.planes.length,
      window: app.t('window.values', { centre: Math.round(window.centre), width: Math.round(window.width) }),
    });
  };
  const waiting = (): boolean => {
    control.news();
    const { stack, index, state } = model();
    return state === 'loading' || (state === 'shown' && stack !== undefined && !stack.pixels(index) && stack.failureOf(index) === undefined);
  };
  /** Why nothing is seen, as an error; `undefined` where something is. */
  const failure = (): unknown => {
    control.news();
    const { stack, index, state, error } = model();
    if (state === 'failed') return error ?? new Error('failed');
    return state === 'shown' ? stack?.failureOf(index) : undefined;
  };

  return (
    <figure class="viewer-pane" classList={{ active: control.active() === props.pane }} data-pane={props.pane} data-loading={waiting()}>
      <canvas ref={canvas} class="viewer-canvas" data-tool={control.tool()} tabIndex={0} role="application" aria-label={name()} />
      <Show when={control.overlay()}>
        <PaneLabels pane={props.pane} control={control} value={value()} isKey={props.keyImages.has(model())} />
      </Show>
      <div class="viewer-state" role="status">
        <Show when={waiting()}>{app.t('viewer.loading')}</Show>
        <Show when={failure()}>
          {(why) => (
            <>
              <p>{app.t('viewer.failed')}</p>
              <p class="small">{app.explain(why())}</p>
              <button type="button" class="button small" onClick={() => void control.retry(props.pane)}>
                {app.t('app.retry')}
              </button>
            </>
          )}
        </Show>
        <Show when={model().state === 'no-picture'}>{app.t('viewer.noPicture')}</Show>
        <Show when={model().state === 'empty'}>{app.t('viewer.chooseSeries')}</Show>
      </div>
      <Show when={(model().stack?.planes.length ?? 0) > 1}>
        <input
          type="range"
          class="viewer-slider"
          aria-label={`${app.t('viewer.picture')} · ${app.t('viewer.pane', { n: props.pane + 1 })}`}
          min={1}
          max={model().stack?.planes.length ?? 1}
          value={model().index + 1}
          onInput={(event) => control.goTo(props.pane, event.currentTarget.valueAsNumber - 1)}
        />
      </Show>
    </figure>
  );
}
