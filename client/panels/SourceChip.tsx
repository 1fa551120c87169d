/** Where something that is shown comes from; opens the source itself. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { Icon } from './Icon';

interface SourceChipProps {
  readonly label: string;
  readonly href?: string | undefined;
}

export function SourceChip(props: SourceChipProps): JSX.Element {
  const { t } = useApp();
  const inside = (
    <>
      <Icon name="document" size={12} />
      <span class="for-listeners">{t('patient.source')}: </span>
      <span class="chip-text">{props.label}</span>
    </>
  );
  return (
    <Show when={props.href} fallback={<span class="chip">{inside}</span>}>
      {(href) => (
        <a class="chip" href={href()} target="_blank" rel="noopener">
          {inside}
        </a>
      )}
    </Show>
  );
}
