/** What stands where nobody gets further: what it means, and the way home. */
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { Link } from '../core/router';
import { EmptyState } from './EmptyState';
import type { IconName } from './Icon';

export function DeadEnd(props: { icon: IconName; title: string; hint?: string }): JSX.Element {
  const { t } = useApp();
  return (
    <EmptyState icon={props.icon} title={props.title} hint={props.hint}>
      <Link href="/" class="button">
        {t('app.goHome')}
      </Link>
    </EmptyState>
  );
}
