/** The labels in a pane's corners: whose picture, when, which, how it is shown. Identity can be hidden. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import { dayOf } from '../../core/dates';
import type { ViewerControl } from '../../core/viewer-control';
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
  const model = (): ReturnType<ViewerControl['activePane']> => props.control.panes[props.pane]?.() ?? props.control.activePane();
  const window = (): string => {
    props.control.news();
    const { stack, index } = model();
    if (stack?.pixels(index)?.kind !== 'grey') return '';
    const { centre, width } = props.control.windowOf(props.pane);
    return app.t('window.values', { centre: Math.round(centre), width: Math.round(width) });
  };
  const plane = (): { readonly thickness_mm: number | undefined; readonly spacing_mm: unknown } | undefined => model().stack?.planes[model().index];

  return (
    <Show when={model().study}>
      {(study) => (
        <div class="viewer-labels">
          <div class="at-left at-top">
            <Show when={!props.control.present()}>
              <span class="label-name">{study().patientName ?? app.t('imaging.nameless')}</span>
              <span class="number label-more">{study().patientId ?? ''}</span>
              <span class="label-more">
                {sexWords(app, study().sex)}
                <Show when={study().birthDate}>{(born) => <> · {dayOf(born(), app.language())}</>}</Show>
              </span>
            </Show>
          </div>
          <div class="at-right at-top">
            <span class="label-more">{study().description ?? app.t('imaging.undescribed')}</span>
            <Show when={study().date}>{(date) => <span>{dayOf(date(), app.language())}</span>}</Show>
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
