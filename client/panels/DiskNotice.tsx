/** That the machine that answers has little room for readings and images, or none; nothing where it has enough. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import type { DiskRoom } from '../core/disk-room';
import { Notice } from './Notice';

export function DiskNotice(props: { room: DiskRoom | null }): JSX.Element {
  const { t } = useApp();
  return (
    <>
      <Show when={props.room === 'little'}>
        <Notice kind="warn">{t('devices.disk.little')}</Notice>
      </Show>
      <Show when={props.room === 'full'}>
        <Notice kind="bad">{t('devices.disk.full')}</Notice>
      </Show>
    </>
  );
}
