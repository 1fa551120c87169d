/** What was outlined on the pictures of the study, each to be shown or not. */
import { For, Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../core/app';
import type { Outlines } from '../../core/outlines';
import { Icon } from '../Icon';

export function OutlineList(props: { outlines: Outlines; series: string | undefined }): JSX.Element {
  const app = useApp();
  const here = (): ReturnType<Outlines['all']> => props.outlines.all().filter(({ ofSeries }) => ofSeries === props.series);
  return (
    <section class="stack tight">
      <h2 class="series-heading">{app.t('nodule.outlines')}</h2>
      <Show when={here().length > 0} fallback={<p class="soft small">{app.t('nodule.outlinesNone')}</p>}>
        <ul class="outlines" aria-label={app.t('nodule.outlines')}>
          <For each={here()}>
            {(outline) => (
              <li data-outline={outline.key}>
                <label class="row">
                  <input type="checkbox" checked={props.outlines.isOn(outline)} onChange={() => props.outlines.toggle(outline)} />
                  <span class="outline-sign" style={{ 'border-color': outline.colour }} aria-hidden="true" />
                  <span>{outline.label}</span>
                  <Show when={props.outlines.isFailed(outline)}>
                    <span class="small wrong row">
                      <Icon name="alert" size={14} />
                      {app.t('nodule.outlineFailed')}
                    </span>
                  </Show>
                </label>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  );
}
