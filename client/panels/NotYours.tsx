/** What stands beside a room for who may be in it, but does not take part in what it is about. */
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { EmptyState } from './EmptyState';

export function NotYours(): JSX.Element {
  const { t } = useApp();
  return <EmptyState icon="lock" title={t('panel.notYours')} hint={t('panel.notYoursHint')} />;
}
