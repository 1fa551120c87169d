/** What stands where nothing is: what it means, and what to do. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { Icon } from './Icon';
import type { IconName } from './Icon';

interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  readonly hint?: string | undefined;
  readonly children?: JSX.Element;
}

export function EmptyState(props: EmptyStateProps): JSX.Element {
  return (
    <div class="empty">
      <Icon name={props.icon} size={28} />
      <strong>{props.title}</strong>
      <Show when={props.hint}>
        <p>{props.hint}</p>
      </Show>
      {props.children}
    </div>
  );
}
