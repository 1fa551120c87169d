/** What stands where nobody gets further: what it means, and the ways on. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { Link } from '../core/router';
import { EmptyState } from './EmptyState';
import type { IconName } from './Icon';

interface DeadEndProps {
  readonly icon: IconName;
  readonly title: string;
  /** Whether the page has no heading of its own. */
  readonly isPage?: boolean;
  readonly hint?: string;
}

export function DeadEnd(props: DeadEndProps): JSX.Element {
  const { t } = useApp();
  return (
    <EmptyState icon={props.icon} title={props.title} isPage={props.isPage ?? false} hint={props.hint}>
      <div class="row">
        {/* In a tab of its own there is no page before this one. */}
        <Show when={history.length > 1}>
          <button type="button" class="button" onClick={() => history.back()}>
            {t('app.pageBefore')}
          </button>
        </Show>
        <Link href="/" class="button">
          {t('app.goHome')}
        </Link>
      </div>
    </EmptyState>
  );
}
