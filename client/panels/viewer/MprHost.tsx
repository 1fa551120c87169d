/** Makes the three planes of a series' volume and puts them into the panes while it lives. */
import { Show, createEffect, createMemo, on, onCleanup, untrack } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { Series, Study } from '../../core/dicom/dicom-web';
import { centreLps } from '../../core/frames';
import { createSeriesVolume } from '../../core/series-volume';
import type { ViewerControl } from '../../core/viewer-control';
import { lpsOf } from '../../viewer/plane';
import { VolumeStack } from '../../viewer/volume-stack';
import { Notice } from '../Notice';
import { Progress } from '../Progress';

const AXES = ['axial', 'coronal', 'sagittal'] as const;

interface MprHostProps {
  readonly series: Series;
  readonly study: Study;
  readonly control: ViewerControl;
}

export function MprHost(props: MprHostProps): JSX.Element {
  const app = useApp();
  const { control, study, series } = props;
  const before = [0, 1, 2].map((pane) => control.panes[pane]?.());
  // The planes begin where the doctor was looking.
  const [first] = before;
  const plane = first?.stack?.planes[first.index];
  const from = plane && lpsOf(plane, { x: (plane.columns - 1) / 2, y: (plane.rows - 1) / 2 });
  // So does the window, unless it is a table: that is entered with stored values.
  const shown = control.windowOf(0);
  const window = first?.stack && !shown.table ? shown : undefined;
  const cursor = untrack(control.cursor_lps_mm);
  const volume = createSeriesVolume(series.uid);
  let stacks: readonly VolumeStack[] = [];

  createEffect(
    on(volume.store, (store) => {
      if (!store) return;
      stacks = AXES.map((axis) => new VolumeStack(series, store, axis));
      stacks.forEach((stack, pane) => control.place(pane, study, stack));
      if (window) control.setWindow(0, window);
      // What was asked to be shown meanwhile comes before where one was.
      const asked = control.cursor_lps_mm();
      control.lookAt((asked !== cursor ? asked : undefined) ?? from ?? centreLps(store.manifest));
      control.chooseTool('cross');
    }),
  );
  // What is looked at becomes sharp first.
  createEffect(() => {
    const point = control.cursor_lps_mm();
    if (point) volume.store()?.setFocus(point);
  });
  onCleanup(() => {
    for (const stack of stacks) stack.dispose();
    // What stood in the panes before comes back.
    before.forEach((model, pane) => {
      if (model?.stack && model.study) control.place(pane, model.study, model.stack);
      else control.clear(pane);
      if (pane === 0 && model?.stack) control.goTo(0, model.index);
    });
  });

  const step = createMemo(() => volume.step());
  const done = (): number | undefined => {
    const now = step();
    if (now.step === 'made') return now.done;
    return now.step === 'coarse' ? now.done : undefined;
  };
  return (
    <div class="viewer-mpr">
      <Show when={step().step === 'asking' || step().step === 'made' || step().step === 'coarse'}>
        <Progress label={app.t('viewer.mprMaking', { percent: Math.round((done() ?? 0) * 100) })} done={done()} />
      </Show>
      <Show when={step().step === 'failed'}>
        <Notice kind="warn">
          <p>{app.t('viewer.mprNone')}</p>
          <button type="button" class="button small" onClick={() => control.setLayout('one')}>
            {app.t('app.back')}
          </button>
        </Notice>
      </Show>
    </div>
  );
}
