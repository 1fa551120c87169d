/** The labels in a pane's corners: whose picture, when and how it was made, which it is, how it is shown. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { clockOf, dayOf, yearsBetween } from '../../core/dates';
import type { Study } from '../../core/dicom/dicom-web';
import type { PaneModel, ViewerControl } from '../../core/viewer-control';
import type { Acquisition } from '../../viewer/acquisition';
import type { Plane } from '../../viewer/plane';
import { Icon } from '../Icon';
import { seriesWords } from '../imaging/StudyDetail';
import { sexWords } from '../person';

interface PaneLabelsProps {
  readonly pane: number;
  readonly control: ViewerControl;
  /** The value under the pointer. */
  readonly value: string | undefined;
  readonly isKey: boolean;
}

export function PaneLabels(props: PaneLabelsProps): JSX.Element {
  const app = useApp();
  const model = (): PaneModel => props.control.panes[props.pane]?.() ?? props.control.activePane();
  const window = (): string => {
    props.control.news();
    const { stack, index } = model();
    if (stack?.pixels(index)?.kind !== 'grey') return '';
    const { centre, width, table } = props.control.windowOf(props.pane);
    if (table) return app.t('window.table', { name: table.name ?? app.t('wpreset.table') });
    return app.t('window.values', { centre: Math.round(centre), width: Math.round(width) });
  };
  const plane = (): Plane | undefined => model().stack?.planes[model().index];

  return (
    <Show when={model().study}>
      {(study) => (
        <div class="viewer-labels">
          <div class="at-left at-top">
            <Show when={!props.control.isMasked()}>
              <Identity study={study()} />
            </Show>
          </div>
          <div class="at-right at-top">
            <Occasion study={study()} acquisition={plane()?.acquisition} masked={props.control.isMasked()} />
            <Show when={model().presentation}>{(state) => <span class="label-state">{state().description || state().label || app.t('state.unnamed')}</span>}</Show>
            <Show when={props.isKey}>
              <span class="label-key">
                <Icon name="key" size={14} />
                {app.t('key.marked')}
              </span>
            </Show>
          </div>
          <div class="at-left at-bottom">
            <Show when={model().stack?.axis}>{(axis) => <strong>{app.t(`slice.${axis()}`)}</strong>}</Show>
            <Show when={model().series}>{(series) => <span class="label-more">{seriesWords(app, series())}</span>}</Show>
            <Show when={plane()?.acquisition}>{(acquisition) => <Numbers acquisition={acquisition()} />}</Show>
            <Show when={model().stack}>
              {(stack) => (
                <span class="number label-place">
                  {app.t('viewer.pictureOf', { at: model().index + 1, of: stack().planes.length })}
                  <Show when={plane()?.thickness_mm}>
                    {(mm) => <span class="label-more"> · {app.t('viewer.thickness', { mm: Number(mm().toFixed(2)) })}</span>}
                  </Show>
                </span>
              )}
            </Show>
          </div>
          <div class="at-right at-bottom">
            <Show when={props.value}>{(value) => <span class="number label-value">{value()}</span>}</Show>
            <For each={plane()?.acquisition?.figures.slice(0, 5) ?? []}>{(figure) => <span class="number label-figure">{figure}</span>}</For>
            <span class="number label-window">{window()}</span>
            <span class="number label-more">{app.t('viewer.zoomed', { percent: Math.round(model().view.zoom * 100) })}</span>
            <Show when={model().stack && !plane()?.spacing_mm}>
              <span>{app.t('viewer.spacingUnknown')}</span>
            </Show>
          </div>
        </div>
      )}
    </Show>
  );
}

/** Whose picture it is, with the age on the day of the scan: that is the age to read it by. */
function Identity(props: { study: Study }): JSX.Element {
  const app = useApp();
  const age = (): number | undefined => yearsBetween(props.study.birthDate, props.study.date);
  return (
    <>
      <span class="label-name">{props.study.patientName ?? app.t('imaging.nameless')}</span>
      <span class="number label-more">{props.study.patientId ?? ''}</span>
      <span class="label-more">
        {sexWords(app, props.study.sex)}
        <Show when={props.study.birthDate}>{(born) => <> · {dayOf(born(), app.language())}</>}</Show>
      </span>
      <Show when={age() !== undefined}>
        <span class="label-more">{app.t('viewer.ageThen', { n: age() ?? 0 })}</span>
      </Show>
    </>
  );
}

/** What was examined, when and where; the place could tell who it is, and hides with the identity. */
function Occasion(props: { study: Study; acquisition: Acquisition | undefined; masked: boolean }): JSX.Element {
  const app = useApp();
  const day = (): string | undefined => props.acquisition?.date ?? props.study.date;
  const clock = (): string | undefined => clockOf(props.acquisition?.time ?? props.study.time);
  const place = (): string => [props.acquisition?.institution, props.acquisition?.station].filter(Boolean).join(' · ');
  return (
    <>
      <span class="label-more">{props.study.description ?? app.t('imaging.undescribed')}</span>
      <Show when={day()}>
        {(known) => (
          <span class="number">
            {dayOf(known(), app.language())}
            <Show when={clock()}>{(at) => <span class="label-more"> {at()}</span>}</Show>
          </span>
        )}
      </Show>
      <Show when={!props.masked && place() !== ''}>
        <span class="label-figure">{place()}</span>
      </Show>
    </>
  );
}

/** The numbers by which a picture is called in a report. */
function Numbers(props: { acquisition: Acquisition }): JSX.Element {
  const app = useApp();
  const words = (): string => {
    const { seriesNumber, number, location_mm } = props.acquisition;
    return [
      ...(seriesNumber === undefined ? [] : [app.t('viewer.seriesNumber', { n: seriesNumber })]),
      ...(number === undefined ? [] : [app.t('viewer.imageNumber', { n: number })]),
      ...(location_mm === undefined ? [] : [app.t('viewer.location', { mm: location_mm.toFixed(1) })]),
    ].join(' · ');
  };
  return <span class="number label-figure">{words()}</span>;
}
