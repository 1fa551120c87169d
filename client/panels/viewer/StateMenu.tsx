/** How somebody wanted the pictures to be shown: the presentation states of the series that is worked in. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import type { PresentationState } from '../../../contract/imaging';
import { useApp } from '../../core/app';
import { momentOf } from '../../core/dates';
import type { ViewerControl } from '../../core/viewer-control';
import type { States } from '../../core/viewer-states';

export function StateMenu(props: { control: ViewerControl; states: States }): JSX.Element {
  const app = useApp();
  const offered = (): readonly PresentationState[] => {
    const { study, series, stack } = props.control.activePane();
    return study && series && stack && !stack.axis ? props.states.about(study.uid, series.uid) : [];
  };
  const words = ({ label, description, created, creator }: PresentationState): string =>
    [description || label || app.t('state.unnamed'), created === undefined ? '' : momentOf(created, app.language()), props.control.isMasked() ? '' : creator.replaceAll('^', ' ').trim()]
      .filter(Boolean)
      .join(' · ');
  const choose = (sop: string): void => props.control.present(props.control.active(), offered().find((state) => state.sop === sop));
  const chosen = (): string => props.control.activePane().presentation?.sop ?? '';
  return (
    <Show when={offered().length > 0}>
      <label class="viewer-states">
        <span class="for-listeners">{app.t('state.menu')}</span>
        <select class="input small" value={chosen()} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">{app.t('state.none')}</option>
          <For each={offered()}>
            {(state) => (
              <option value={state.sop} selected={state.sop === chosen()}>
                {words(state)}
              </option>
            )}
          </For>
        </select>
      </label>
    </Show>
  );
}
