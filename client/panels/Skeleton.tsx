/** Grey lines where words will be; listeners hear "loading" once. */
import { For } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';

const WIDTHS = ['72%', '94%', '60%', '86%', '78%', '52%'];

export function Skeleton(props: { lines: number }): JSX.Element {
  const { t } = useApp();
  return (
    <div class="stack" role="status">
      <span class="for-listeners">{t('app.loading')}</span>
      <For each={Array.from({ length: props.lines }, (_, at) => WIDTHS[at % WIDTHS.length])}>
        {(width) => <span class="skeleton" aria-hidden="true" style={{ width: width ?? '80%' }} />}
      </For>
    </div>
  );
}
