/** What stands where nothing is: what it means, and what to do. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { Heading } from './Heading';
import { Icon } from './Icon';
import type { IconName } from './Icon';

interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  /** Whether it is all that the page has, and its title the page's heading. */
  readonly isPage?: boolean;
  readonly hint?: string | undefined;
  readonly children?: JSX.Element;
}

export function EmptyState(props: EmptyStateProps): JSX.Element {
  return (
    <div class="empty">
      <Icon name={props.icon} size={28} />
      <Show when={props.isPage} fallback={<strong>{props.title}</strong>}>
        <Heading>{props.title}</Heading>
      </Show>
      <Show when={props.hint}>
        <p>{props.hint}</p>
      </Show>
      {props.children}
    </div>
  );
}
